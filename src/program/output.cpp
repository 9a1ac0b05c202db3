#include "program/output.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "base/error.hpp"

namespace chandelier {
namespace {

/// The errno of the first failed write to stdout, or 0.
int reason = 0;

void remember(bool written) {
  if (!written && reason == 0) reason = errno;
}

}  // namespace

void prepare_output() {
  for (int number = STDIN_FILENO; number <= STDERR_FILENO; ++number)
    // Opened for reading only, so that a write still fails as it would on a closed file.
    if (fcntl(number, F_GETFD) == -1) [[maybe_unused]]
      const int lowest_free = open("/dev/null", O_RDONLY);
  std::signal(SIGXFSZ, SIG_IGN);
}

void outlive_readers() { std::signal(SIGPIPE, SIG_IGN); }

void print_notes(const Dataset& dataset) {
  for (const std::string& note : dataset.notes) print_error("note: {}\n", note);
}

void print_text(const std::string& text) { remember(std::fwrite(text.data(), 1, text.size(), stdout) == text.size()); }

void print_error_text(const std::string& text) {
  [[maybe_unused]] const std::size_t written = std::fwrite(text.data(), 1, text.size(), stderr);
}

void flush_output() { remember(std::fflush(stdout) == 0); }

void check_output() {
  remember(std::cout.flush().good());  // what CLI11 printed
  flush_output();
  if (reason == 0 && std::ferror(stdout) == 0) return;
  throw DataError(
      fmt::format("cannot write the output{}{}", reason == 0 ? "" : ": ", reason == 0 ? "" : std::strerror(reason)));
}

}  // namespace chandelier

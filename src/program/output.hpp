// What the program prints. Output that cannot be written (a full device, a closed terminal) stops no work: it is
// reported once, at the end.

#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

#include "data/dataset.hpp"

namespace chandelier {

/// To be called first. A file that is opened later must not get the number of a closed stdout or stderr, or messages
/// would be written into it; and a limit on the size of files must come as an error, not as a signal.
void prepare_output();

/// From now on, printing to a pipe that nobody reads any more does not end the program.
void outlive_readers();

/// To stderr: what a user may not know of a data set.
void print_notes(const Dataset& dataset);

void print_text(const std::string& text);
void print_error_text(const std::string& text);

/// To stdout.
template <class... Values>
void print(fmt::format_string<Values...> format, Values&&... values) {
  print_text(fmt::format(format, std::forward<Values>(values)...));
}

/// To stderr.
template <class... Values>
void print_error(fmt::format_string<Values...> format, Values&&... values) {
  print_error_text(fmt::format(format, std::forward<Values>(values)...));
}

void flush_output();

/// @throws DataError unless all that was printed to stdout was written.
void check_output();

}  // namespace chandelier

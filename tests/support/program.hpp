// Runs the program as a user does: arguments and signals in; exit code, standard output and standard error out.

#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>
#include <sstream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "places.hpp"

extern char** environ;

namespace chandelier {

struct Outcome {
  int code;              ///< exit code, or minus the signal that ended the program
  std::string out, err;  ///< what it printed

  std::string text() const { return out + err; }
};

/// "train --lr 1" as arguments. Arguments must not contain spaces.
inline std::vector<std::string> words(const std::string& line) {
  std::istringstream stream(line);
  std::vector<std::string> all;
  for (std::string word; stream >> word;) all.push_back(word);
  return all;
}

/// `chandelier <arguments>` in the background. The destructor kills it if it is still running.
class Program {
 public:
  explicit Program(const std::vector<std::string>& arguments) {
    std::vector<std::string> all{program_path()};
    all.insert(all.end(), arguments.begin(), arguments.end());
    std::vector<char*> pointers;
    for (std::string& argument : all) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, fileno(out_.get()), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(err_.get()), STDERR_FILENO);
    const int error = posix_spawn(&process_, all.front().c_str(), &actions, nullptr, pointers.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error != 0) throw std::runtime_error("cannot run " + all.front() + ": " + std::strerror(error));
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;
  ~Program() {
    if (ended()) return;
    signal(SIGKILL);
    wait();
  }

  pid_t process() const { return process_; }
  void signal(int number) const { kill(process_, number); }

  bool ended() {
    if (!ended_) ended_ = waitpid(process_, &status_, WNOHANG) == process_;
    return ended_;
  }

  /// What it printed so far.
  std::string printed() const { return text_of(out_); }

  Outcome wait() {
    while (!ended_) ended_ = waitpid(process_, &status_, 0) == process_ || errno != EINTR;
    return {WIFEXITED(status_) ? WEXITSTATUS(status_) : -WTERMSIG(status_), text_of(out_), text_of(err_)};
  }

 private:
  /// Output goes to a file, so that the program never waits for a reader.
  using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

  static File output() {
    std::FILE* const file = std::tmpfile();
    if (!file) throw std::runtime_error("no temporary file");
    fcntl(fileno(file), F_SETFD, FD_CLOEXEC);
    return {file, std::fclose};
  }

  static std::string text_of(const File& file) {
    std::string text;
    std::array<char, 4096> buffer;
    off_t at = 0;
    while (true) {
      const ssize_t count = pread(fileno(file.get()), buffer.data(), buffer.size(), at);
      if (count <= 0) return text;
      text.append(buffer.data(), static_cast<std::size_t>(count));
      at += count;
    }
  }

  File out_ = output(), err_ = output();
  pid_t process_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

/// Runs `chandelier <arguments>` and waits for its end.
inline Outcome run_program(const std::vector<std::string>& arguments) { return Program(arguments).wait(); }
inline Outcome run_program(const std::string& line) { return run_program(words(line)); }

}  // namespace chandelier

// Two families of errors: what a user can mend, and what only we can.

#pragma once

#include <exception>
#include <stdexcept>
#include <string>

namespace chandelier {

/// Exit codes of the program; outside programs rely on them.
enum class ExitCode : int {
  finished = 0,
  data = 1,     ///< data, a file or the environment
  setting = 2,  ///< flags or settings, TOML included
  diverged = 3,
};

/// Something the user can mend. The message is one sentence that names the file or setting and the value. What it
/// names may hold any bytes, so control characters become question marks and bytes that are not UTF-8 become \xNN: it
/// stays one line, moves no cursor and can be shown anywhere.
class UserError : public std::runtime_error {
 public:
  UserError(ExitCode code, const std::string& sentence) : std::runtime_error(one_line(sentence)), code_(code) {}
  ExitCode code() const noexcept { return code_; }

 private:
  static std::string one_line(const std::string& sentence);

  ExitCode code_;
};

/// Data, a file or the environment is not as it must be.
class DataError : public UserError {
 public:
  explicit DataError(const std::string& sentence) : UserError(ExitCode::data, sentence) {}
};

/// A file could not be read at all: no permission, a failing disk. What it holds may be whole.
class ReadError : public DataError {
 public:
  using DataError::DataError;
};

/// A flag, a TOML key or a combination of them is not valid.
class SettingError : public UserError {
 public:
  explicit SettingError(const std::string& sentence) : UserError(ExitCode::setting, sentence) {}
};

/// A broken promise between parts of Chandelier: never the user's fault.
class Bug : public std::logic_error {
 public:
  explicit Bug(const std::string& sentence) : std::logic_error("internal error: " + sentence) {}
};

/// What went wrong, as a sentence for the user. Of an error of our own it is its message.
std::string user_sentence(const std::exception& error);

}  // namespace chandelier

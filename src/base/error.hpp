// Two families of errors: those a user can fix, and bugs in Chandelier.

#pragma once

#include <exception>
#include <stdexcept>
#include <string>

namespace chandelier {

/// Exit codes of the program. Other programs rely on them.
enum class ExitCode : int {
  finished = 0,
  data = 1,     ///< data, a file or the environment
  setting = 2,  ///< flags or settings, TOML included
  diverged = 3,
};

/// Something the user can fix. The message is one sentence that names the file or setting and the value.
///
/// Names and values may contain any bytes. Control characters in the message are replaced by question marks, and bytes
/// that are not UTF-8 by \xNN, so the message is always a single line of text that is safe to print.
class UserError : public std::runtime_error {
 public:
  UserError(ExitCode code, const std::string& sentence) : std::runtime_error(one_line(sentence)), code_(code) {}
  ExitCode code() const noexcept { return code_; }

 private:
  static std::string one_line(const std::string& sentence);

  ExitCode code_;
};

/// Something is wrong with data, a file or the environment.
class DataError : public UserError {
 public:
  explicit DataError(const std::string& sentence) : UserError(ExitCode::data, sentence) {}
};

/// A file could not be read at all (no permission, a failing disk). Its contents may be intact.
class ReadError : public DataError {
 public:
  using DataError::DataError;
};

/// A flag, a TOML key or a combination of them is not valid.
class SettingError : public UserError {
 public:
  explicit SettingError(const std::string& sentence) : UserError(ExitCode::setting, sentence) {}
};

/// An internal error: never the user's fault.
class Bug : public std::logic_error {
 public:
  explicit Bug(const std::string& sentence) : std::logic_error("internal error: " + sentence) {}
};

/// The message of an error, as shown to the user. Running out of memory gets a message that says what to do.
std::string user_sentence(const std::exception& error);

}  // namespace chandelier

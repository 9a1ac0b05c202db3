// Running another program to its end, and writing its command as a user can paste it into a shell.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chandelier {

struct CommandResult {
  bool found = false;    ///< whether the program exists
  int code = -1;         ///< exit code, or minus the number of the signal that ended it
  std::string out, err;  ///< standard output and standard error

  bool succeeded() const { return found && code == 0; }
};

/// Runs a program without a shell and waits for it.
/// @param words  its name, which is looked up in PATH, and its arguments
/// @param input  its standard input
/// @returns a result with `found` false if there is no such program
/// @throws DataError if it cannot be started for any other reason
CommandResult run_command(const std::vector<std::string>& words, std::string_view input = {});

/// The words of a command in one line, quoted where a POSIX shell needs it.
std::string command_text(const std::vector<std::string>& words);

}  // namespace chandelier

// Commands: another program, run to its end, and as a user can paste it into a shell.

#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace chandelier {

struct CommandResult {
  bool found = false;    ///< whether there is such a program
  int code = -1;         ///< its exit code; minus the signal that ended it
  std::string out, err;  ///< what it printed

  bool succeeded() const { return found && code == 0; }
};

/// Runs a program without a shell and waits for it.
/// @param words  its name, which is looked up in PATH, and its arguments
/// @param input  what it reads
/// @throws DataError when it cannot be started for another reason than that there is none.
CommandResult run_command(const std::vector<std::string>& words, std::string_view input = {});

/// The words of a command in one line, those in quotes that a POSIX shell would read otherwise.
std::string command_text(const std::vector<std::string>& words);

}  // namespace chandelier

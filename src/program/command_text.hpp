// A command as a user can paste it into a shell.

#pragma once

#include <string>
#include <vector>

namespace chandelier {

/// The words of a command in one line, those in quotes that a POSIX shell would read otherwise.
std::string command_text(const std::vector<std::string>& words);

}  // namespace chandelier

// Runs the program in a shell: with limits, and with redirected or closed outputs.

#pragma once

#include <filesystem>
#include <string>

#include "base/command.hpp"
#include "places.hpp"
#include "program.hpp"

namespace chandelier {

/// Runs `before; chandelier <arguments> behind`, where `before` sets limits and `behind` redirects.
inline Outcome run_in_shell(const std::string& before, const std::string& arguments, const std::string& behind = "") {
  const CommandResult result = run_command(
      {"sh", "-c", before + (before.empty() ? "" : "; ") + program_path() + " " + arguments + " " + behind});
  return {result.code, result.out, result.err};
}

}  // namespace chandelier

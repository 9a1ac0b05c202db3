// Turns a parse error of CLI11 into one sentence that suggests the nearest flag or command.

#pragma once

#include "base/error.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace chandelier {

/// The error of a command line that `root` could not parse: unknown command or flag, missing value, missing command.
/// Not for CLI::Success (help, version), which is not an error.
SettingError explain_parse_error(const CLI::App& root, const CLI::ParseError& error);

}  // namespace chandelier

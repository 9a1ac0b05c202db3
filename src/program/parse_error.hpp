// What CLI11 says about a command line, in one sentence that suggests the nearest flag or verb.

#pragma once

#include "base/error.hpp"

namespace CLI {
class App;
class ParseError;
}  // namespace CLI

namespace chandelier {

/// The error of a command line that `root` could not parse: unknown verb or flag, missing value, missing verb.
/// Not for CLI::Success (help, version), which is no error.
SettingError explain_parse_error(const CLI::App& root, const CLI::ParseError& error);

}  // namespace chandelier

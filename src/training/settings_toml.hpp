// Settings in TOML: flat keys, with lists as arrays. A single value is accepted as a list of one.

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>

#include "training/settings.hpp"

namespace toml {
inline namespace v3 {
class table;
}
}  // namespace toml

namespace chandelier {

/// Largest size in bytes of a file of settings or a plan. toml++ recurses into tables without a limit, and a dotted key
/// makes one table every two bytes: it can handle this many, but a megabyte of them would overflow the stack.
constexpr std::size_t kLargestToml = 1 << 15;

/// @throws SettingError with the line at which the text is not valid TOML.
toml::table parse_toml(std::string_view text, const std::string& origin);

/// The settings in a table; error messages start with `origin` (a file, or a file and a table).
/// @throws SettingError for an unknown key (suggesting the closest), a wrong type or a value that is not allowed.
GivenSettings given_from_toml(const toml::table& table, const std::string& origin);

/// The settings in a text. @throws SettingError with the line if it is not valid TOML, and as given_from_toml.
GivenSettings read_settings_text(std::string_view text, const std::string& origin);

/// The settings in a file.
/// @throws DataError if the file cannot be read; SettingError as read_settings_text.
GivenSettings read_settings_file(const std::filesystem::path& path);

/// Every setting under its heading, in the order of the list. Reading and resolving the text gives equal settings. An
/// empty condition is left out. @throws SettingError for a text that is not valid UTF-8, which TOML requires.
std::string to_toml(const Settings& settings);

}  // namespace chandelier

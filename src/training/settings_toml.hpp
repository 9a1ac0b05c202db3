// Settings in TOML: flat keys, lists as arrays; a single value stands for a list of one.

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

/// A larger file is no settings and no plan. toml++ descends into tables without a limit, and a dotted key makes one
/// every two bytes: this many it can descend into, a megabyte of them would overflow the stack.
constexpr std::size_t kLargestToml = 1 << 15;

/// @throws SettingError with the line where the text is not TOML.
toml::table parse_toml(std::string_view text, const std::string& origin);

/// The settings in a table; `origin` (a file, or a file and a table) begins the error sentences.
/// @throws SettingError for an unknown key (suggesting the nearest), a wrong type or a value the setting cannot hold.
GivenSettings given_from_toml(const toml::table& table, const std::string& origin);

/// The settings in a text. @throws SettingError with the line if it is not TOML, and as given_from_toml.
GivenSettings read_settings_text(std::string_view text, const std::string& origin);

/// The settings in a file.
/// @throws DataError if the file cannot be read; SettingError as read_settings_text.
GivenSettings read_settings_file(const std::filesystem::path& path);

/// Every setting under its heading, in the order of the list; read back and resolved it gives equal settings.
/// A condition that is empty is left out. @throws SettingError for a text that is not UTF-8, as TOML must be.
std::string to_toml(const Settings& settings);

}  // namespace chandelier

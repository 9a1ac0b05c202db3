// The list of settings. Each of them is a flag, a TOML key, a line of config.toml and a paragraph of `--help`.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "training/setting.hpp"

namespace chandelier {

/// All settings, in the order of the struct.
std::span<const Setting> setting_list();
/// Null if there is no such key.
const Setting* find_setting(std::string_view key);
/// The error for a key that is not in the list, with the closest key as a suggestion.
SettingError unknown_setting(std::string_view key, const std::string& origin);

}  // namespace chandelier

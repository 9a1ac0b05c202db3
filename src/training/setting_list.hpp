// The list of settings: what stands here is a flag, a TOML key, a line of config.toml and a paragraph of `--help`.

#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "training/setting.hpp"

namespace chandelier {

/// All settings, in the order of the struct.
std::span<const Setting> setting_list();
/// Null where there is no such key.
const Setting* find_setting(std::string_view key);
/// The error of a key that is not in the list: it suggests the nearest.
SettingError unknown_setting(std::string_view key, const std::string& origin);

}  // namespace chandelier

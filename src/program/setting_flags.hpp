// Flags of the command line made from the list of settings.

#pragma once

#include <filesystem>
#include <optional>
#include <vector>

#include "base/safetensors.hpp"
#include "training/settings.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace chandelier {

struct Setting;

/// Adds a flag for every setting, and --config, to a verb, and reads them after the command line was parsed.
/// CLI11 only collects texts; they are converted by the code that converts every other value.
class SettingFlags {
 public:
  explicit SettingFlags(CLI::App& verb);

  /// What the flags say. @throws SettingError for a value a setting cannot hold, or a flag given twice.
  GivenSettings given() const;
  /// What the file of --config says; nothing without one. @throws as read_settings_file.
  GivenSettings from_file() const;
  /// The file of --config, if given. @throws SettingError if it is given twice.
  std::optional<std::filesystem::path> config() const;
  /// Both together, resolved; flags win.
  Settings settings() const { return resolve(from_file(), given()); }
  /// The same for given weights: what nobody says of circuit and normalizations is taken from the file's metadata.
  Settings settings_for(const TensorFile& weights) const;

 private:
  struct Flag {
    const Setting* setting;
    const CLI::Option* on;
    const CLI::Option* off;  ///< `--no-...` of a setting that is true or false, else null
  };
  std::vector<Flag> flags_;
  const CLI::Option* config_;
};

}  // namespace chandelier

// Command-line flags generated from the list of settings.

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

/// Adds --config and a flag for every setting to a command, and reads them after the command line was parsed.
/// CLI11 only collects the texts. The settings convert them, as they convert the values of files.
class SettingFlags {
 public:
  explicit SettingFlags(CLI::App& verb);

  /// The settings given as flags. @throws SettingError for an invalid value or a flag given twice.
  GivenSettings given() const;
  /// The settings in the file of --config; none without one. @throws as read_settings_file.
  GivenSettings from_file() const;
  /// The file of --config, if given. @throws SettingError if it is given twice.
  std::optional<std::filesystem::path> config() const;
  /// Both together, resolved. Flags override the file.
  Settings settings() const { return resolve(from_file(), given()); }
  /// The same for given weights. Circuit and normalizations that are not given are taken from the weights' metadata.
  Settings settings_for(const TensorFile& weights) const;

 private:
  struct Flag {
    const Setting* setting;
    const CLI::Option* on;
    const CLI::Option* off;  ///< `--no-...` of a setting that is true or false, otherwise null
  };
  std::vector<Flag> flags_;
  const CLI::Option* config_;
};

}  // namespace chandelier

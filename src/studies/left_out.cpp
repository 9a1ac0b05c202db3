#include "studies/left_out.hpp"

#include <fmt/format.h>

#include "base/files.hpp"
#include "training/setting_list.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {

namespace fs = std::filesystem;

std::optional<LeftOut> why_left_out(const StudyRun& run, const fs::path& study_folder) {
  const fs::path folder = study_folder / run.folder, config = folder / "config.toml";
  try {
    if (!fs::exists(config)) {
      if (!fs::exists(folder) || is_empty_folder(folder)) return std::nullopt;
      const bool is_folder = fs::is_directory(folder);
      return LeftOut{ExitCode::data, fmt::format("{}: this is not the folder of a run, {}", folder.string(),
                                                 is_folder ? "for it holds no config.toml" : "but a file")};
    }
    const std::string text = read_file(config, kLargestToml);
    if (text == to_toml(run.settings)) return std::nullopt;
    // Another version may have written the same settings in other words.
    const Settings recorded = resolve(read_settings_text(text, config.string()), {});
    for (const Setting& setting : setting_list())
      if (setting.of(recorded) != setting.of(run.settings))
        return LeftOut{ExitCode::setting,
                       fmt::format("{}: {} is {} in this run, but {} in the plan", folder.string(), setting.key,
                                   text_of(setting.of(recorded)), text_of(setting.of(run.settings)))};
    return std::nullopt;
  } catch (const UserError& error) {
    return LeftOut{error.code(), error.what()};
  } catch (const fs::filesystem_error& error) {
    return LeftOut{ExitCode::data, fmt::format("cannot look into {}: {}", folder.string(), error.code().message())};
  }
}

}  // namespace chandelier

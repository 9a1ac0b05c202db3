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
                                                 is_folder ? "as it has no config.toml" : "but a file")};
    }
    const std::string text = read_file(config, kLargestToml);
    if (text == to_toml(run.settings)) return std::nullopt;
    // Another version may have written the same settings differently.
    const Settings recorded = resolve(read_settings_text(text, config.string()), {});
    for (const Setting& setting : setting_list())
      if (!setting.only_files && !setting.only_place && setting.of(recorded) != setting.of(run.settings))
        return LeftOut{ExitCode::setting,
                       fmt::format("{}: {} is {} in this run, but {} in the plan", folder.string(), setting.key,
                                   text_of(setting.of(recorded)), text_of(setting.of(run.settings)))};
    return std::nullopt;
  } catch (const UserError& error) {
    return LeftOut{error.code(), error.what()};
  } catch (const fs::filesystem_error& error) {
    return LeftOut{ExitCode::data, fmt::format("cannot open {}: {}", folder.string(), error.code().message())};
  }
}

std::optional<std::string> why_damaged(const fs::path& run_folder, const RunRecord& record, MetricRows& last) {
  if (record.status != "finished") return std::nullopt;
  const auto damage = [&](const std::string& what) {
    return fmt::format("{}, although the run has finished; move {} away and run the study again to retrain it", what,
                       run_folder.string());
  };
  for (const char* const name : {"weights.safetensors", "test_predictions.safetensors", "metrics.csv"}) {
    std::error_code error;
    if (!fs::exists(run_folder / name, error))
      return damage(fmt::format("{} is missing", (run_folder / name).string()));
  }
  try {
    last = last_metric_row(run_folder);
    const std::optional<double> measured = last.last("test_accuracy");
    if (!measured) return damage(fmt::format("{}: no row has a test accuracy", (run_folder / "metrics.csv").string()));
    if (measured != record.test_accuracy)
      return damage(fmt::format(
          "{}: test_accuracy is {}, but {} in the last row of metrics.csv", (run_folder / "run.json").string(),
          record.test_accuracy ? fmt::format("{}", *record.test_accuracy) : "missing", *measured));
  } catch (const DataError& error) {
    return damage(error.what());
  }
  return std::nullopt;
}

}  // namespace chandelier

#include "training/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "base/files.hpp"
#include "training/metrics_table.hpp"
#include "training/setting_list.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {

namespace fs = std::filesystem;

Settings recorded_settings(const fs::path& folder, const GivenSettings& flags) {
  const fs::path path = folder / "config.toml";
  if (!fs::exists(path))
    throw DataError(fmt::format("{}: this is not the folder of a run, as it has no config.toml", folder.string()));
  return resolve(read_settings_file(path), flags);
}

const Setting* changed_setting(const Settings& before, const Settings& now) {
  for (const Setting& setting : setting_list()) {
    if (setting.only_files || setting.only_place || (setting.key == "epochs" && now.epochs >= before.epochs)) continue;
    if (setting.of(before) != setting.of(now)) return &setting;
  }
  return nullptr;
}

void check_same_data(const fs::path& folder, const Dataset& dataset) {
  const RunRecord record = found_record(folder).record;
  if (!record.data_sha256.empty() && record.data_sha256 != hashes_of(dataset))
    throw DataError(fmt::format("{}: this run was trained on {}, whose files differ from those of {}{}",
                                folder.string(), record.data_name, dataset.name,
                                dataset.folder.empty() ? "" : " in " + dataset.folder.string()));
}

FoundRecord found_record(const fs::path& folder) {
  FoundRecord found;
  found.missing = !fs::exists(folder / "run.json");
  if (found.missing) return found;
  try {
    found.record = read_record(folder);
  } catch (const ReadError&) {
    throw;  // the file may be intact
  } catch (const DataError& error) {
    found.damage = error.what();
  }
  return found;
}

bool has_trained_rows(const fs::path& folder) {
  const fs::path path = folder / "metrics.csv";
  if (!fs::exists(path)) return false;
  const std::string table = read_file(path, kLargestTable);
  return std::count(table.begin(), table.end(), '\n') > 2;
}

fs::path set_aside(const fs::path& folder, const std::vector<std::string>& files) {
  int number = 1;
  while (fs::exists(folder / fmt::format("set-aside-{}", number))) ++number;
  fs::path kept = folder / fmt::format("set-aside-{}", number);
  create_folder(kept);
  for (const std::string& file : files)
    if (fs::exists(folder / file)) move_file(folder / file, kept / file);
  return kept;
}

}  // namespace chandelier

// The folder of a run, as it is found: what it says of the run, and whether that is the run which is asked for.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "training/run_record.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// The settings that a run was started with; flags win over them. @throws DataError when the folder holds none.
Settings recorded_settings(const std::filesystem::path& folder, const GivenSettings& flags = {});

/// @throws SettingError naming the first setting in which a run's folder differs from these, but for what may change:
/// more epochs, and which files are written; DataError when it holds none.
void check_same_settings(const std::filesystem::path& folder, const Settings& settings);

/// @throws DataError when a run's folder says that it was trained on other data.
void check_same_data(const std::filesystem::path& folder, const Dataset& dataset);

/// run.json, which may be missing or damaged where a run was killed or a disk was full.
struct FoundRecord {
  RunRecord record;
  bool missing = false;
  std::string damage;  ///< why it cannot be read; empty otherwise
};

/// @throws ReadError where the file may be whole, but cannot be read now.
FoundRecord found_record(const std::filesystem::path& folder);

/// Whether metrics.csv holds more than the names of the columns and the row of epoch 0, before training.
bool has_trained_rows(const std::filesystem::path& folder);

/// Moves files out of the way, for what is read wrongly today may be read rightly tomorrow.
/// @returns where they are kept
std::filesystem::path set_aside(const std::filesystem::path& folder, const std::vector<std::string>& files);

}  // namespace chandelier

// The folder of a run, as it is found: what it says of the run, and whether that is the run which is asked for.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "training/run_record.hpp"
#include "training/settings.hpp"

namespace chandelier {

struct Setting;

/// The settings that a run was started with; flags win over them. @throws DataError when the folder holds none.
Settings recorded_settings(const std::filesystem::path& folder, const GivenSettings& flags = {});

/// The first setting by which a run that was started with `before` cannot go on with `now`; null where it can. It may
/// go on to more epochs, write other files and find its data elsewhere (`check_same_data`); all else must be as it was.
const Setting* changed_setting(const Settings& before, const Settings& now);

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

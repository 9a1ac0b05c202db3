// An existing run folder: its contents, and whether it belongs to the requested run.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "training/run_record.hpp"
#include "training/settings.hpp"

namespace chandelier {

struct Setting;

/// The settings that a run was started with; flags override them. @throws DataError if the folder has no config.toml.
Settings recorded_settings(const std::filesystem::path& folder, const GivenSettings& flags = {});

/// The first setting that keeps a run started with `before` from continuing with `now`; null if it can continue. The
/// number of epochs may grow, and other files and the location of the data may change (`check_same_data`); every other
/// setting must be the same.
const Setting* changed_setting(const Settings& before, const Settings& now);

/// @throws DataError if the run was trained on different data.
void check_same_data(const std::filesystem::path& folder, const Dataset& dataset);

/// run.json, which may be missing or damaged if a run was killed or the disk was full.
struct FoundRecord {
  RunRecord record;
  bool missing = false;
  std::string damage;  ///< why it cannot be read; empty otherwise
};

/// @throws ReadError if the file may be intact but cannot be read now.
FoundRecord found_record(const std::filesystem::path& folder);

/// Whether metrics.csv has more than the column names and the row of epoch 0, before training.
bool has_trained_rows(const std::filesystem::path& folder);

/// Moves files aside instead of deleting them, as they may turn out to be readable later.
/// @returns the folder with the files
std::filesystem::path set_aside(const std::filesystem::path& folder, const std::vector<std::string>& files);

}  // namespace chandelier

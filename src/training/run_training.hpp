// A run from its settings to its record: begun, continued or found to have ended, by one process at a time.

#pragma once

#include <filesystem>
#include <memory>

#include "data/dataset.hpp"
#include "training/run_observer.hpp"
#include "training/run_record.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// Trains as the settings say and records in `folder`; after any end it continues from there.
///   after every epoch: metrics.csv, checkpoint.safetensors
///   at the end:        weights.safetensors, test_predictions.safetensors
/// @param folder  the one above it must exist
/// @param resume  continue what is in the folder, to as many epochs or more; otherwise the folder must not exist
/// @returns the record as it stands in run.json: status finished, diverged or stopped
/// @throws DataError when the folder exists (without resume), cannot be written (NoRoomError where the disk is full),
///   belongs to other data, or another process trains in it or has taken the run over (InUseError); SettingError when
///   it belongs to other settings, or these do not fit the data.
RunRecord run_training(const Settings& settings, const std::shared_ptr<const Dataset>& dataset,
                       const std::filesystem::path& folder, bool resume, const StopRequest& stop,
                       RunObserver& observer);

/// @throws SettingError when a setting does not fit the data (validation, classes).
void check_against_data(const Settings& settings, const Dataset& dataset);

}  // namespace chandelier

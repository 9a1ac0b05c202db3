// Trains a run, continues it or finds that it has ended. Only one process at a time can work on a run.

#pragma once

#include <filesystem>
#include <memory>

#include "data/dataset.hpp"
#include "training/run_observer.hpp"
#include "training/run_record.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// Trains with these settings and records the run in `folder`, from which it can continue after any interruption.
///   after every epoch: metrics.csv, checkpoint.safetensors
///   at the end:        weights.safetensors, test_predictions.safetensors
/// @param folder  its parent folder must exist
/// @param resume  continue the run in the folder, to the same number of epochs or more; otherwise the folder must not
///   exist
/// @returns the record as written to run.json: status finished, diverged or stopped
/// @throws DataError if the folder exists (without resume), cannot be written (NoRoomError if the disk is full), or
///   belongs to other data, or if another process trains in it or has taken the run over (InUseError); SettingError if
///   it belongs to other settings, or these do not fit the data.
RunRecord run_training(const Settings& settings, const std::shared_ptr<const Dataset>& dataset,
                       const std::filesystem::path& folder, bool resume, const StopRequest& stop,
                       RunObserver& observer);

/// @throws SettingError if a setting does not fit the data (validation, classes).
void check_against_data(const Settings& settings, const Dataset& dataset);

}  // namespace chandelier

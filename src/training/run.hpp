// A run: one network trained under one setting, recorded in a folder from which it can continue at any time.

#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>

#include "data/dataset.hpp"
#include "training/evaluation.hpp"
#include "training/run_record.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// What a run tells whoever watches it, from the thread that trains.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  /// Every few steps: epochs before this one, and training images of this one.
  virtual void on_progress(int /*epochs_done*/, Index /*images_done*/, Index /*images_per_epoch*/) {}
  /// After an epoch was evaluated and written.
  virtual void on_epoch(int /*epoch*/, const Evaluation& /*train*/, const Evaluation& /*test*/) {}
  /// Something the user should know: a run that continues, or starts over and why.
  virtual void on_note(const std::string& /*sentence*/) {}
  /// Asked before anything is recorded. A run that another process has taken over, since this one was held for dead,
  /// must not write over what that one recorded.
  virtual bool has_this_run() { return true; }
};

/// A signal number once the user wants to stop, else 0.
using StopRequest = std::atomic<int>;

/// Trains as the settings say and records in `folder`; after any end it continues from there.
///   metrics.csv, checkpoint.safetensors  after every epoch     weights.safetensors, test_predictions.safetensors  at
///   the end
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

/// @throws SettingError naming the first setting in which a run's folder differs from these; DataError when it holds
/// none.
void check_same_settings(const std::filesystem::path& folder, const Settings& settings);

/// @throws DataError when a run's folder says that it was trained on other data.
void check_same_data(const std::filesystem::path& folder, const Dataset& dataset);

/// The settings that a run was started with; flags win over them. @throws DataError when the folder holds none.
Settings recorded_settings(const std::filesystem::path& folder, const GivenSettings& flags = {});

}  // namespace chandelier

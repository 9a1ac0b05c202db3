// A run: one network trained with one set of settings, recorded in a folder from which it can continue at any time.

#pragma once

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "learning/optimizer.hpp"
#include "luminosity/jittered_images.hpp"
#include "training/checkpoint.hpp"
#include "training/measures.hpp"
#include "training/metrics_table.hpp"
#include "training/run_observer.hpp"
#include "training/run_record.hpp"
#include "training/settings.hpp"
#include "training/tensorboard.hpp"

namespace chandelier {

/// The training loop and everything it needs. No other process may write to its folder (`run_training`).
class Run {
 public:
  Run(const Settings& settings, const std::shared_ptr<const Dataset>& dataset, std::filesystem::path folder,
      const StopRequest& stop, RunObserver& observer);
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  /// Restores the state of a checkpoint and the rows recorded up to it.
  /// @throws DataError if either is damaged; SettingError if config.toml disagrees with the checkpoint.
  void continue_from_checkpoint();
  int epochs_done() const { return position_.epochs_done; }
  /// Keeps what earlier sessions recorded about this run.
  void take_over(const RunRecord& before);
  void set_message(const std::string& sentence) { record_.message = sentence; }

  /// Reads the rows of a run that has ended and writes them as an event file.
  void write_events_of_ended_run(int epochs_done);

  /// Prepares the folder of the run.
  /// @param before  the settings of the previous session, if any
  void begin(const std::optional<Settings>& before);
  /// @returns the record as written to run.json: status finished, diverged or stopped
  RunRecord train();
  /// Records a failure. Best effort, as the failure may be that of the disk.
  void note_failure(const std::string& sentence);

 private:
  using Clock = std::chrono::steady_clock;

  Index capacity() const;
  Index steps_per_epoch() const { return (train_images_ + settings_.batch - 1) / settings_.batch; }
  std::filesystem::path checkpoint_path() const { return folder_ / "checkpoint.safetensors"; }
  /// @throws InUseError if another process has taken this run over.
  void check_this_is_ours() const;
  double seconds() const;
  /// @throws SettingError if a setting that may not change differs from the checkpoint.
  void check_settings(const Settings& of_checkpoint) const;
  std::vector<std::string> columns() const;

  /// Trains the remaining steps of an epoch. @returns the record if the run ended within it.
  std::optional<RunRecord> train_epoch(int epoch);
  /// Ends the run if a weight is not finite, as such weights are never written. @returns the record in this case.
  std::optional<RunRecord> end_unless_finite(int epoch, Index step);
  /// Evaluates, measures and writes everything at the end of an epoch; epoch 0 is before training.
  /// @returns the record if the run ended here, as finite weights may have a loss that is not finite.
  std::optional<RunRecord> finish_epoch(int epoch);
  void write_position(const Position& position);

  /// Takes one batch forward and backward without an update, observed by these measures.
  void observe(Measures& measures, const ImageSource& source, std::uint32_t epoch, Index first, Index count);
  void measure_on_test_images(std::uint32_t epoch);
  /// Measures the last batch of the evaluation on the training set, as the published code does.
  void measure_after_training(std::uint32_t epoch);

  RunRecord stop_at(int epoch, Index step);
  RunRecord finish();
  RunRecord end(const std::string& status, const std::string& message);

  Settings settings_;
  std::filesystem::path folder_;
  const StopRequest& stop_;
  RunObserver& observer_;
  RunRecord record_;
  Index train_images_;
  MeasurePlan plan_;
  Network network_;
  Optimizer optimizer_;
  Measures on_test_images_, in_training_, after_training_;
  MetricsTable metrics_;
  std::optional<EventFile> events_;  ///< of this session, if requested
  Batch batch_;
  std::vector<std::uint32_t> order_;
  std::shared_ptr<JitteredImages> train_;  ///< follows the order of the epoch
  std::shared_ptr<const ImageSource> train_evaluation_, validation_;
  std::shared_ptr<const JitteredImages> test_;
  std::vector<std::uint8_t> test_labels_;
  std::vector<std::uint8_t> predicted_;  ///< classes of the test images after the last epoch of this session
  Position position_;
  bool started_ = false;  ///< epoch 0, before training, has been evaluated
  Clock::time_point session_began_ = Clock::now();
  pid_t process_ = getpid();  ///< to detect a fork, which must not record anything
};

}  // namespace chandelier

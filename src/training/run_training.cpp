#include "training/run_training.hpp"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/files.hpp"
#include "training/run.hpp"
#include "training/run_folder.hpp"
#include "training/setting_list.hpp"
#include "training/tensorboard.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// Locks the folder for this process. Waits a while, as processes that a killed study leaves behind end by themselves.
/// @throws InUseError naming the folder if another process keeps using it.
void wait_for(FolderLock& lock, const fs::path& folder, const StopRequest& stop, RunObserver& observer) {
  using Clock = std::chrono::steady_clock;
  constexpr std::chrono::seconds kPatience{10};
  constexpr std::chrono::milliseconds kPause{20};
  if (lock.take()) return;
  observer.on_note(fmt::format("{}: another process is training this run; waiting for it to end", folder.string()));
  for (const auto began = Clock::now(); Clock::now() - began < kPatience && stop.load() == 0;
       std::this_thread::sleep_for(kPause))
    if (lock.take()) return;
  throw InUseError(fmt::format("{}: another process is training this run; wait for it to end, or choose another --out",
                               folder.string()));
}

/// How a run continues, given the contents of its folder. The folder is locked by this process and not empty.
class Continuation {
 public:
  Continuation(const Settings& settings, const std::shared_ptr<const Dataset>& dataset, const fs::path& folder,
               const StopRequest& stop, RunObserver& observer)
      : settings_(settings),
        dataset_(dataset),
        folder_(folder),
        stop_(stop),
        observer_(observer),
        recorded_(recorded_settings(folder)) {
    if (const Setting* const changed = changed_setting(recorded_, settings))
      throw SettingError(fmt::format("{}: {} is {} in this run, but {} was asked for; choose another --out",
                                     folder.string(), changed->key, text_of(changed->of(recorded_)),
                                     text_of(changed->of(settings))));
    check_same_data(folder, *dataset);
    found_ = found_record(folder);
    if (found_.record.data_sha256.empty() && recorded_.data != settings.data && has_trained_rows(folder))
      throw DataError(fmt::format(
          "{}: there is no record of the data this run was trained on, so keep them where they were (--data '{}')",
          folder.string(), recorded_.data));
  }

  /// The settings of the previous session.
  const Settings& recorded() const { return recorded_; }

  /// The record of a run that has ended and is not to continue to more epochs. Writes missing files and removes what is
  /// left over.
  std::optional<RunRecord> record_if_ended() const {
    const RunRecord& record = found_.record;
    if (record.status != "diverged" && !(has_finished() && record.epochs_done >= settings_.epochs)) return std::nullopt;
    std::error_code ignored;  // the run may have been killed between its last record and removing the checkpoint
    if (has_finished() && !settings_.keep_checkpoint) fs::remove(checkpoint(), ignored);
    if (settings_.tensorboard && event_files_in(folder_).empty()) {
      new_run()->write_events_of_ended_run(record.epochs_done);
      observer_.on_note(fmt::format("{}: wrote metrics.csv as an event file for TensorBoard", folder_.string()));
    }
    observer_.on_note(
        fmt::format("{}: this run has already {}; there is nothing left to do", folder_.string(), record.status));
    return record;
  }

  /// The run, restored from its checkpoint, or from the start if the checkpoint is missing or damaged.
  std::unique_ptr<Run> continued_run() const {
    if (fs::exists(checkpoint())) return from_checkpoint();
    const RunRecord& record = found_.record;
    if (record.status == "finished")
      throw DataError(fmt::format(
          "{}: this run has finished and has no checkpoint, so it cannot continue to {} epochs; choose another --out",
          folder_.string(), settings_.epochs));
    if (!found_.damage.empty()) return start_over(found_.damage + ", and there is no checkpoint");
    if (record.epochs_done > 0 || fs::exists(folder_ / "weights.safetensors") || has_trained_rows(folder_))
      return start_over(fmt::format("{}: the checkpoint is missing", folder_.string()));
    std::unique_ptr<Run> run = new_run();
    run->take_over(record);
    observer_.on_note(fmt::format("{}: there is no checkpoint yet; starting from epoch 0", folder_.string()));
    return run;
  }

 private:
  fs::path checkpoint() const { return folder_ / "checkpoint.safetensors"; }
  /// Whether the run has finished. A record with another number of epochs than the settings is damaged; the checkpoint
  /// then decides.
  bool has_finished() const {
    return found_.record.status == "finished" && found_.record.epochs_done == recorded_.epochs;
  }
  std::unique_ptr<Run> new_run() const { return std::make_unique<Run>(settings_, dataset_, folder_, stop_, observer_); }

  std::unique_ptr<Run> from_checkpoint() const {
    std::unique_ptr<Run> run = new_run();
    try {
      run->continue_from_checkpoint();
    } catch (const ReadError&) {
      throw;  // the file may be intact
    } catch (const DataError& error) {
      run.reset();
      return start_over(error.what());
    }
    run->take_over(found_.record);
    if (!found_.damage.empty())
      note(*run,
           fmt::format("{}; the run continues without it, and its data cannot be checked (the file was moved to {})",
                       found_.damage, set_aside(folder_, {"run.json"}).string()));
    else if (found_.missing)
      note(*run, fmt::format("{} is missing; the run continues without it, and its data cannot be checked",
                             (folder_ / "run.json").string()));
    observer_.on_note(
        fmt::format("{}: continuing after {} of {} epochs", folder_.string(), run->epochs_done(), settings_.epochs));
    return run;
  }

  std::unique_ptr<Run> start_over(const std::string& why) const {
    std::unique_ptr<Run> run = new_run();  // first, so that no file moves if this fails
    // In this order: after a kill at any point, the files that are left make the run start over again.
    std::vector<std::string> files = event_files_in(folder_);
    files.insert(files.end(), {"run.json", "metrics.csv", "test_predictions.safetensors", "checkpoint.safetensors",
                               "weights.safetensors"});
    const fs::path kept = set_aside(folder_, files);
    note(*run,
         fmt::format("{}; the run starts over from epoch 0 (its earlier files were moved to {})", why, kept.string()));
    return run;
  }

  /// Tells the observer, and adds the message to the record.
  void note(Run& run, const std::string& sentence) const {
    observer_.on_note(sentence);
    run.set_message(sentence);
  }

  const Settings& settings_;
  const std::shared_ptr<const Dataset>& dataset_;
  const fs::path& folder_;
  const StopRequest& stop_;
  RunObserver& observer_;
  Settings recorded_;
  FoundRecord found_;
};

}  // namespace

void check_against_data(const Settings& settings, const Dataset& dataset) {
  if (settings.validation >= dataset.train.count)
    throw SettingError(fmt::format("validation: {} images cannot be held out of {} training images",
                                   settings.validation, dataset.train.count));
  if (settings.classes < dataset.classes)
    throw SettingError(fmt::format("classes: {} is too few, as {} has {} classes; increase it", settings.classes,
                                   dataset.name, dataset.classes));
}

RunRecord run_training(const Settings& settings, const std::shared_ptr<const Dataset>& dataset, const fs::path& folder,
                       bool resume, const StopRequest& stop, RunObserver& observer) {
  check_against_data(settings, *dataset);
  const bool exists = fs::exists(folder);
  const auto refuse_unless_resumed = [&] {
    if (!resume)
      throw DataError(
          fmt::format("{}: the folder exists; continue it with --resume or choose another --out", folder.string()));
  };
  if (exists) refuse_unless_resumed();
  if (exists && !fs::is_directory(folder))
    throw DataError(
        fmt::format("{}: this is not the folder of a run, but a file; choose another --out", folder.string()));

  const auto new_run = [&] { return std::make_unique<Run>(settings, dataset, folder, stop, observer); };
  std::unique_ptr<Run> run;
  std::optional<Settings> before;
  if (!exists) {
    run = new_run();  // first, so that no folder is left behind if this fails
    create_folder_within(folder);
  }
  FolderLock lock(folder);
  wait_for(lock, folder, stop, observer);
  // Checked only now: another process may have begun this run, or even finished it, in the meantime.
  if (!is_empty_folder(folder)) {
    refuse_unless_resumed();
    const Continuation continuation(settings, dataset, folder, stop, observer);
    if (const auto ended = continuation.record_if_ended()) return *ended;
    run = continuation.continued_run();
    before = continuation.recorded();
  }
  if (!run) run = new_run();

  run->begin(before);
  try {
    return run->train();
  } catch (const std::exception& error) {
    run->note_failure(user_sentence(error));
    throw;
  }
}

}  // namespace chandelier

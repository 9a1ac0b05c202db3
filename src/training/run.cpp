#include "training/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <optional>
#include <thread>
#include <vector>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "data/stored_images.hpp"
#include "luminosity/jittered_images.hpp"
#include "training/checkpoint.hpp"
#include "training/measure_names.hpp"
#include "training/measures.hpp"
#include "training/metrics_table.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"
#include "training/setting_list.hpp"
#include "training/settings_toml.hpp"
#include "training/tensorboard.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

/// Images that the measures look at, and how many of them at once (science: section 7).
constexpr Index kMeasuredImages = 1024, kMeasuredBatch = 32;
constexpr Index kStepsBetweenProgress = 64;

/// Which measures are taken where.
struct MeasurePlan {
  std::vector<std::string> on_test_images, in_training, after_training;

  explicit MeasurePlan(const Settings& settings) {
    const auto& chosen = settings.measure;
    const auto has = [&](std::string_view name) {
      return std::find(chosen.begin(), chosen.end(), name) != chosen.end();
    };
    const bool reference = has("reference");
    // Beside `reference`, names choose among the measures; alone, it means all of them.
    const bool all = has("all") || (reference && chosen.size() == 1);
    for (const std::string_view name : measure_names()) {
      if (!all && !has(name)) continue;
      (!reference ? on_test_images : is_measured_in_training(name) ? in_training : after_training).emplace_back(name);
    }
  }
};

/// The numbers 0 ... count - 1, in the order in which an epoch visits them.
void order_of_epoch(const Settings& settings, std::uint32_t epoch, std::vector<std::uint32_t>& order) {
  std::iota(order.begin(), order.end(), 0U);
  if (!settings.shuffle) return;
  for (auto i = static_cast<std::uint32_t>(order.size()); i > 1; --i) {
    const std::uint32_t j = KeyedRandom(settings.seed, Purpose::shuffle, epoch, i).below(i);
    std::swap(order[i - 1], order[j]);
  }
}

bool all_finite(const Network& network) {
  for (std::size_t layer = 0; layer < network.layers(); ++layer)
    for (const Parameter& parameter : network.circuit(layer).parameters())
      if (!parameter.value().allFinite()) return false;
  return true;
}

class Run {
 public:
  Run(const Settings& settings, const std::shared_ptr<const Dataset>& dataset, fs::path folder, const StopRequest& stop,
      RunObserver& observer)
      : settings_(settings),
        folder_(std::move(folder)),
        stop_(stop),
        observer_(observer),
        record_(new_record(*dataset, products_in_words(precision_of(settings)))),
        train_images_(dataset->train.count - settings.validation),
        plan_(settings),
        network_(initial_network(settings, dataset->train.pixels_per_image(), capacity())),
        optimizer_(optimizer_of(network_, settings)),
        on_test_images_(settings, network_, plan_.on_test_images, kMeasuredBatch),
        in_training_(settings, network_, plan_.in_training, settings.batch),
        after_training_(settings, network_, plan_.after_training, settings.batch),
        metrics_(columns()),
        batch_(capacity(), dataset->train.pixels_per_image()),
        order_(static_cast<std::size_t>(train_images_)) {
    const std::shared_ptr<const Luminosity> luminosity =
        make_luminosity(settings.luminosity, settings.epsilon, settings.shift);
    const auto jittered = [&](std::shared_ptr<const ImageSource> images, Purpose purpose) {
      return std::make_shared<JitteredImages>(std::move(images), luminosity, settings.seed, purpose);
    };
    const auto train = std::make_shared<StoredImages>(train_of(dataset), 0, train_images_);
    train_ = jittered(train, Purpose::train_luminosity);
    train_evaluation_ = jittered(train, Purpose::train_evaluation_luminosity);
    test_ = jittered(std::make_shared<StoredImages>(test_of(dataset)), Purpose::test_luminosity);
    if (settings.validation > 0)
      validation_ = jittered(std::make_shared<StoredImages>(train_of(dataset), train_images_, settings.validation),
                             Purpose::validation_luminosity);
    test_labels_ = dataset->test.labels;
  }

  /// Takes the state of a checkpoint and the rows recorded up to it.
  /// @throws DataError when either is damaged; SettingError when config.toml is, which nothing else would show.
  void continue_from_checkpoint() {
    check_settings(settings_of_checkpoint(checkpoint_path()));
    position_ = read_checkpoint(checkpoint_path(), network_, optimizer_);
    const Index steps = position_.epochs_done < settings_.epochs ? steps_per_epoch() : 1;
    if (position_.epochs_done > settings_.epochs || position_.steps_done >= steps)
      throw DataError(fmt::format("{}: step {} after {} epochs is not within this run", checkpoint_path().string(),
                                  position_.steps_done, position_.epochs_done));
    metrics_.take_rows(folder_ / "metrics.csv", position_.epochs_done);
    if (metrics_.sha256() != position_.metrics_sha256)
      throw DataError(fmt::format("{}: its rows are not those that were written with the checkpoint",
                                  (folder_ / "metrics.csv").string()));
    started_ = true;
    // Not from run.json, which a run that was killed may not have written after its checkpoint.
    record_.epochs_done = position_.epochs_done;
    record_.seconds = position_.seconds;
    record_.test_accuracy = metrics_.last("test_accuracy");
    record_.test_loss = metrics_.last("test_loss");
  }

  int epochs_done() const { return position_.epochs_done; }
  /// What earlier sessions said of this run goes on standing in its record.
  void take_over(const RunRecord& before) {
    if (!before.started.empty()) record_.started = before.started;
    if (before.status != "failed") record_.message = before.message;
    record_.sessions.front().after_epoch = position_.epochs_done;
    record_.sessions.insert(record_.sessions.begin(), before.sessions.begin(), before.sessions.end());
  }
  void set_message(const std::string& sentence) { record_.message = sentence; }

  /// Takes the rows of a run that has ended and writes them as an event file.
  void write_events_of_ended_run(int epochs_done) {
    metrics_.take_rows(folder_ / "metrics.csv", epochs_done);
    EventFile(folder_, metrics_.columns()).append(metrics_.values());
  }

  /// Makes a folder that of a run.
  /// @param before the settings of the session before this one, if any
  void begin(const std::optional<Settings>& before) {
    remove_leftovers(folder_);
    if (settings_.tensorboard) {
      events_.emplace(folder_, metrics_.columns());
      // Rows that no event file holds. Before config.toml, by which a next session knows that they are written.
      if (!before || !before->tensorboard || event_files_in(folder_).empty()) events_->append(metrics_.values());
    }
    write_atomically(folder_ / "config.toml", to_toml(settings_));
  }

  RunRecord train() {
    write_record(folder_, record_);
    std::optional<RunRecord> ended;
    if (!started_) ended = finish_epoch(0);
    while (!ended && position_.epochs_done < settings_.epochs) {
      const int epoch = position_.epochs_done + 1;
      ended = train_epoch(epoch);
      if (!ended) ended = finish_epoch(epoch);
    }
    return ended ? *ended : finish();
  }

  /// Best effort, since what failed may well be the disk.
  void note_failure(const std::string& sentence) {
    try {
      end("failed", sentence);
    } catch (const DataError&) {
      // The error that is being handled says more than this one.
    }
  }

 private:
  Index capacity() const { return std::max<Index>(settings_.batch, kEvaluationBatch); }
  Index steps_per_epoch() const { return (train_images_ + settings_.batch - 1) / settings_.batch; }
  fs::path checkpoint_path() const { return folder_ / "checkpoint.safetensors"; }
  /// @throws InUseError where this run is another process's by now.
  void check_this_is_ours() const {
    if (!observer_.has_this_run())
      throw InUseError(fmt::format(
          "{}: another process has taken this run over; what this one has not recorded is given up", folder_.string()));
  }
  double seconds() const {
    return position_.seconds + std::chrono::duration<double>(Clock::now() - session_began_).count();
  }

  /// @throws SettingError unless these settings are those of the checkpoint, up to what may change.
  void check_settings(const Settings& of_checkpoint) const {
    for (const Setting& setting : setting_list()) {
      if (setting.only_files || setting.key == "data") continue;
      if (setting.key == "epochs" && settings_.epochs >= of_checkpoint.epochs) continue;
      if (setting.of(of_checkpoint) != setting.of(settings_))
        throw SettingError(fmt::format("{}: {} is {} here, but {} in the checkpoint beside it; put it right",
                                       (folder_ / "config.toml").string(), setting.key, text_of(setting.of(settings_)),
                                       text_of(setting.of(of_checkpoint))));
    }
  }

  std::vector<std::string> columns() const {
    std::vector<std::string> columns{"epoch", "seconds", "train_loss", "train_accuracy", "test_loss", "test_accuracy"};
    if (settings_.validation > 0) columns.insert(columns.end(), {"validation_loss", "validation_accuracy"});
    for (const Measures* measures : {&on_test_images_, &in_training_, &after_training_}) {
      const std::vector<std::string> more = measures->columns();
      columns.insert(columns.end(), more.begin(), more.end());
    }
    return columns;
  }

  /// The steps of one epoch from where the run stands. @returns the record if the run ended within it.
  std::optional<RunRecord> train_epoch(int epoch) {
    const auto key = static_cast<std::uint32_t>(epoch);
    const Index steps = steps_per_epoch();
    order_of_epoch(settings_, key, order_);
    in_training_.begin();
    for (Index step = position_.steps_done; step < steps; ++step) {
      if (stop_.load(std::memory_order_relaxed) != 0) return stop_at(epoch, step);
      const Index first = step * settings_.batch, count = std::min<Index>(settings_.batch, train_images_ - first);
      train_->read({order_.data() + first, static_cast<std::size_t>(count)}, key, batch_);
      network_.forward(std::as_const(batch_).images());
      const LossSum sum = network_.backward(batch_.labels());
      if (!std::isfinite(sum.loss))
        return end("diverged",
                   fmt::format("the training loss was no longer finite in step {} of epoch {}", step + 1, epoch));
      if (step + 1 == steps) in_training_.observe(network_, batch_.labels());
      optimizer_.step();
      if (step % kStepsBetweenProgress == 0) observer_.on_progress(epoch - 1, first + count, train_images_);
    }
    return end_unless_finite(epoch, steps);
  }

  /// @returns the record of a run that has a weight which is not finite, for such weights are never written.
  std::optional<RunRecord> end_unless_finite(int epoch, Index step) {
    if (all_finite(network_)) return std::nullopt;
    return end("diverged", fmt::format("a weight was no longer finite after step {} of epoch {}", step, epoch));
  }

  /// Evaluates, measures and writes everything that belongs to the end of an epoch; epoch 0 is before training.
  /// @returns the record if the run ended here, since finite weights may have a loss that is not.
  std::optional<RunRecord> finish_epoch(int epoch) {
    const auto key = static_cast<std::uint32_t>(epoch);
    const Evaluation train = evaluate(network_, *train_evaluation_, key, batch_);
    predicted_.clear();
    const Evaluation test = evaluate(network_, *test_, key, batch_, &predicted_);
    if (!std::isfinite(train.loss) || !std::isfinite(test.loss))
      return end("diverged", fmt::format("the loss was no longer finite after epoch {}", epoch));
    std::vector<double> row{double(epoch), 0, train.loss, train.accuracy, test.loss, test.accuracy};
    if (validation_) {
      const Evaluation held_out = evaluate(network_, *validation_, key, batch_);
      row.insert(row.end(), {held_out.loss, held_out.accuracy});
    }
    measure_on_test_images(key);
    measure_after_training(key);
    for (const Measures* measures : {&on_test_images_, &in_training_, &after_training_}) {
      const std::vector<double> more = measures->values();
      row.insert(row.end(), more.begin(), more.end());
    }
    row[1] = seconds();
    metrics_.add(row);

    check_this_is_ours();
    // Metrics before the checkpoint: a run killed in between does the epoch again and drops the row.
    metrics_.write(folder_ / "metrics.csv");
    if (events_) events_->append({&row, 1});
    record_.epochs_done = epoch;
    record_.test_accuracy = test.accuracy;
    record_.test_loss = test.loss;
    write_position({epoch, 0, row[1], metrics_.sha256()});
    observer_.on_epoch(epoch, train, test);
    return std::nullopt;
  }

  void write_position(const Position& position) {
    check_this_is_ours();
    write_checkpoint(checkpoint_path(), network_, optimizer_, settings_, position);
    position_ = position;
    session_began_ = Clock::now();
    record_.seconds = position.seconds;
    write_record(folder_, record_);
  }

  /// One batch forward and backward without an update, seen by some measures.
  void observe(Measures& measures, const ImageSource& source, std::uint32_t epoch, Index first, Index count) {
    std::vector<std::uint32_t> which(static_cast<std::size_t>(count));
    std::iota(which.begin(), which.end(), static_cast<std::uint32_t>(first));
    source.read(which, epoch, batch_);
    network_.forward(std::as_const(batch_).images());
    network_.backward(batch_.labels());
    measures.observe(network_, batch_.labels());
  }

  void measure_on_test_images(std::uint32_t epoch) {
    if (on_test_images_.empty()) return;
    on_test_images_.begin();
    const Index images = std::min(kMeasuredImages, test_->size());
    for (Index first = 0; first < images; first += kMeasuredBatch)
      observe(on_test_images_, *test_, epoch, first, std::min(kMeasuredBatch, images - first));
  }

  /// On the last batch of the evaluation of the training set, as the reference does.
  void measure_after_training(std::uint32_t epoch) {
    if (after_training_.empty()) return;
    after_training_.begin();
    const Index first = (train_images_ - 1) / settings_.batch * settings_.batch;
    observe(after_training_, *train_evaluation_, epoch, first, train_images_ - first);
  }

  RunRecord stop_at(int epoch, Index step) {
    if (const auto diverged = end_unless_finite(epoch, step)) return *diverged;
    write_position({position_.epochs_done, step, seconds(), position_.metrics_sha256});
    return end("stopped", record_.message);
  }

  RunRecord finish() {
    check_this_is_ours();
    write_tensors(folder_ / "weights.safetensors", weights_of(network_, settings_));
    TensorFile predictions;
    const auto epoch = static_cast<std::uint32_t>(settings_.epochs);
    // Known from the last epoch, unless another session trained it.
    if (predicted_.empty()) evaluate(network_, *test_, epoch, batch_, &predicted_);
    Vector luminosity(test_->size());
    for (Index i = 0; i < test_->size(); ++i) luminosity[i] = test_->value(static_cast<std::uint32_t>(i), epoch);
    predictions.put_u8("predicted", predicted_);
    predictions.put_u8("label", test_labels_);
    predictions.put("luminosity", ConstVectorView(luminosity.data(), luminosity.size()));
    write_tensors(folder_ / "test_predictions.safetensors", predictions);
    RunRecord record = end("finished", record_.message);
    std::error_code ignored;  // what is finished stays finished
    if (!settings_.keep_checkpoint) fs::remove(checkpoint_path(), ignored);
    return record;
  }

  RunRecord end(const std::string& status, const std::string& message) {
    check_this_is_ours();
    record_.status = status;
    record_.message = message;
    record_.ended = utc_now();
    record_.seconds = seconds();
    write_record(folder_, record_);
    return record_;
  }

  Settings settings_;
  fs::path folder_;
  const StopRequest& stop_;
  RunObserver& observer_;
  RunRecord record_;
  Index train_images_;
  MeasurePlan plan_;
  Network network_;
  Optimizer optimizer_;
  Measures on_test_images_, in_training_, after_training_;
  MetricsTable metrics_;
  std::optional<EventFile> events_;  ///< of this session, where they are asked for
  Batch batch_;
  std::vector<std::uint32_t> order_;
  std::shared_ptr<const ImageSource> train_, train_evaluation_, validation_;
  std::shared_ptr<const JitteredImages> test_;
  std::vector<std::uint8_t> test_labels_;
  std::vector<std::uint8_t> predicted_;  ///< classes of the test images at the end of the last epoch of this session
  Position position_;
  bool started_ = false;  ///< the state before training was evaluated
  Clock::time_point session_began_ = Clock::now();
};

/// What a run's folder says of the run.
struct Before {
  RunRecord record;
  bool missing = false;  ///< there is no run.json
  std::string damage;    ///< why run.json cannot be read; empty otherwise
};

Before record_before(const fs::path& folder) {
  Before before;
  before.missing = !fs::exists(folder / "run.json");
  if (before.missing) return before;
  try {
    before.record = read_record(folder);
  } catch (const ReadError&) {
    throw;  // it may be whole
  } catch (const DataError& error) {
    before.damage = error.what();
  }
  return before;
}

/// Whether metrics.csv holds more than the names of the columns and the row of epoch 0, before training.
bool has_trained_rows(const fs::path& folder) {
  const fs::path path = folder / "metrics.csv";
  if (!fs::exists(path)) return false;
  const std::string table = read_file(path, kLargestTable);
  return std::count(table.begin(), table.end(), '\n') > 2;
}

/// The folder for this process alone. What a killed study leaves behind ends by itself, so a while is waited.
/// @throws InUseError naming the folder when another process goes on using it.
void wait_for(FolderLock& lock, const fs::path& folder, const StopRequest& stop, RunObserver& observer) {
  constexpr std::chrono::seconds kPatience{10};
  constexpr std::chrono::milliseconds kPause{20};
  if (lock.take()) return;
  observer.on_note(fmt::format("{}: another process trains this run; waiting for its end", folder.string()));
  for (const auto began = Clock::now(); Clock::now() - began < kPatience && stop.load() == 0;
       std::this_thread::sleep_for(kPause))
    if (lock.take()) return;
  throw InUseError(
      fmt::format("{}: another process trains this run; wait for it, or choose another --out", folder.string()));
}

/// Moves files out of the way, for what is read wrongly today may be read rightly tomorrow.
/// @returns where they are kept
fs::path set_aside(const fs::path& folder, const std::vector<std::string>& files) {
  int number = 1;
  while (fs::exists(folder / fmt::format("set-aside-{}", number))) ++number;
  fs::path kept = folder / fmt::format("set-aside-{}", number);
  create_folder(kept);
  for (const std::string& file : files)
    if (fs::exists(folder / file)) move_file(folder / file, kept / file);
  return kept;
}

}  // namespace

void check_against_data(const Settings& settings, const Dataset& dataset) {
  if (settings.validation >= dataset.train.count)
    throw SettingError(fmt::format("validation: {} images cannot be held out of {} training images",
                                   settings.validation, dataset.train.count));
  if (settings.classes < dataset.classes)
    throw SettingError(fmt::format("classes: {}, but {} has {} classes; a label would have no unit in the readout",
                                   settings.classes, dataset.name, dataset.classes));
}

void check_same_settings(const fs::path& folder, const Settings& settings) {
  const Settings recorded = recorded_settings(folder);
  for (const Setting& setting : setting_list())
    if (setting.of(recorded) != setting.of(settings))
      throw SettingError(fmt::format("{}: {} is {} in this run, but {} was asked for; choose another --out",
                                     folder.string(), setting.key, text_of(setting.of(recorded)),
                                     text_of(setting.of(settings))));
}

void check_same_data(const fs::path& folder, const Dataset& dataset) {
  const RunRecord record = record_before(folder).record;
  if (!record.data_sha256.empty() && record.data_sha256 != hashes_of(dataset))
    throw DataError(fmt::format("{}: this run was trained on {}, whose files differ from those of {}{}",
                                folder.string(), record.data_name, dataset.name,
                                dataset.folder.empty() ? "" : " in " + dataset.folder.string()));
}

Settings recorded_settings(const fs::path& folder, const GivenSettings& flags) {
  const fs::path path = folder / "config.toml";
  if (!fs::exists(path))
    throw DataError(fmt::format("{}: this is not the folder of a run, for it holds no config.toml", folder.string()));
  return resolve(read_settings_file(path), flags);
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
    throw DataError(fmt::format("{}: this is not the folder of a run, but a file", folder.string()));

  const auto new_run = [&] { return std::make_unique<Run>(settings, dataset, folder, stop, observer); };
  std::unique_ptr<Run> run;
  std::optional<Settings> recorded;
  if (!exists) {
    run = new_run();
    create_folder_within(folder);
  }
  FolderLock lock(folder);
  wait_for(lock, folder, stop, observer);
  // Looked at only now: another process may have begun this run, and even finished it, in the meantime.
  if (!is_empty_folder(folder)) {
    refuse_unless_resumed();
    // A run may go on to more epochs, and change its mind about its files; all else must be as it was.
    recorded = recorded_settings(folder);
    Settings same = settings;
    same.epochs = std::min(settings.epochs, recorded->epochs);
    for (const Setting& setting : setting_list())
      if (setting.only_files) setting.put(same, setting.of(*recorded));
    check_same_settings(folder, same);
    check_same_data(folder, *dataset);
    const auto [before, missing, damage] = record_before(folder);
    // A record that has finished another number of epochs than the run was to have is damaged: the checkpoint knows.
    const bool finished = before.status == "finished" && before.epochs_done == recorded->epochs;
    if (before.status == "diverged" || (finished && before.epochs_done >= settings.epochs)) {
      std::error_code ignored;  // it may have been killed between its last record and this
      if (finished && !settings.keep_checkpoint) fs::remove(folder / "checkpoint.safetensors", ignored);
      if (settings.tensorboard && event_files_in(folder).empty()) {
        new_run()->write_events_of_ended_run(before.epochs_done);
        observer.on_note(fmt::format("{}: wrote its metrics as an event file for TensorBoard", folder.string()));
      }
      observer.on_note(
          fmt::format("{}: this run has {} already; nothing is left to do", folder.string(), before.status));
      return before;
    }
    run = new_run();
    const auto note = [&](const std::string& sentence) {
      observer.on_note(sentence);
      run->set_message(sentence);
    };
    const auto start_over = [&](const std::string& why) {
      // In this order: whatever is left after a kill in between makes the run start over again.
      std::vector<std::string> files = event_files_in(folder);
      files.insert(files.end(), {"run.json", "metrics.csv", "test_predictions.safetensors", "checkpoint.safetensors",
                                 "weights.safetensors"});
      const fs::path kept = set_aside(folder, files);
      run = new_run();
      note(fmt::format("{}; the run starts over from epoch 0 (what was recorded is kept in {})", why, kept.string()));
    };
    if (fs::exists(folder / "checkpoint.safetensors")) {
      std::string problem;
      try {
        run->continue_from_checkpoint();
      } catch (const ReadError&) {
        throw;  // it may be whole
      } catch (const DataError& error) {
        problem = error.what();
      }
      if (problem.empty()) {
        run->take_over(before);
        if (!damage.empty())
          note(fmt::format("{}; the run goes on without it, and its data cannot be checked (it is kept in {})", damage,
                           set_aside(folder, {"run.json"}).string()));
        else if (missing)
          note(fmt::format("{} is missing; the run goes on without it, and its data cannot be checked",
                           (folder / "run.json").string()));
        observer.on_note(
            fmt::format("{}: continuing after {} of {} epochs", folder.string(), run->epochs_done(), settings.epochs));
      } else {
        start_over(problem);
      }
    } else if (before.status == "finished") {
      throw DataError(
          fmt::format("{}: this run has finished and its checkpoint is gone, so it cannot go on to {} epochs",
                      folder.string(), settings.epochs));
    } else if (!damage.empty()) {
      start_over(damage + ", and there is no checkpoint");
    } else if (before.epochs_done > 0 || fs::exists(folder / "weights.safetensors") || has_trained_rows(folder)) {
      start_over(fmt::format("{}: the checkpoint is gone", folder.string()));
    } else {
      run->take_over(before);
      observer.on_note(fmt::format("{}: there is no checkpoint yet; starting from epoch 0", folder.string()));
    }
  }
  if (!run) run = new_run();

  run->begin(recorded);
  try {
    return run->train();
  } catch (const std::exception& error) {
    run->note_failure(error.what());
    throw;
  }
}

}  // namespace chandelier

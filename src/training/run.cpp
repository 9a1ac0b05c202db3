#include "training/run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/random.hpp"
#include "data/stored_images.hpp"
#include "kernels/products_fp32.hpp"
#include "learning/weights.hpp"
#include "training/checkpoint.hpp"
#include "training/evaluation.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"
#include "training/run_folder.hpp"
#include "training/setting_list.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// Number of images for the measures, and of images at a time (docs/notation.md, section 7).
constexpr Index kMeasuredImages = 1024, kMeasuredBatch = 32;
constexpr Index kStepsBetweenProgress = 64;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr Evaluation kNotEvaluated{kNan, kNan};

/// The numbers 0 ... count - 1, in the order in which an epoch visits them.
void order_of_epoch(const Settings& settings, std::uint32_t epoch, std::vector<std::uint32_t>& order) {
  std::iota(order.begin(), order.end(), 0U);
  if (!settings.shuffle) return;
  for (auto i = static_cast<std::uint32_t>(order.size()); i > 1; --i) {
    const std::uint32_t j = KeyedRandom(settings.seed, Purpose::shuffle, epoch, i).below(i);
    std::swap(order[i - 1], order[j]);
  }
}

}  // namespace

Run::Run(const Settings& settings, const std::shared_ptr<const Dataset>& dataset, fs::path folder,
         const StopRequest& stop, RunObserver& observer)
    : settings_(settings),
      folder_(std::move(folder)),
      stop_(stop),
      observer_(observer),
      record_(new_record(*dataset, target())),
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
  const std::shared_ptr<const Luminosity> luminosity = make_luminosity(settings);
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

void Run::continue_from_checkpoint() {
  check_settings(settings_of_checkpoint(checkpoint_path()));
  position_ = read_checkpoint(checkpoint_path(), network_, optimizer_);
  const Index steps = position_.epochs_done < settings_.epochs ? steps_per_epoch() : 1;
  if (position_.epochs_done > settings_.epochs || position_.steps_done >= steps)
    throw DataError(fmt::format("{}: the checkpoint is at step {} after {} epochs, which is outside this run",
                                checkpoint_path().string(), position_.steps_done, position_.epochs_done));
  metrics_.take_rows(folder_ / "metrics.csv", position_.epochs_done);
  if (metrics_.sha256() != position_.metrics_sha256)
    throw DataError(fmt::format("{}: its rows do not match the checkpoint", (folder_ / "metrics.csv").string()));
  started_ = true;
  // Not from run.json: a run that was killed may not have written it after its checkpoint.
  record_.epochs_done = position_.epochs_done;
  record_.seconds = position_.seconds;
  record_.test_accuracy = metrics_.last("test_accuracy");
  record_.test_loss = metrics_.last("test_loss");
}

void Run::take_over(const RunRecord& before) {
  if (!before.started.empty()) record_.started = before.started;
  if (before.status != "failed") record_.message = before.message;
  record_.sessions.front().after_epoch = position_.epochs_done;
  record_.sessions.insert(record_.sessions.begin(), before.sessions.begin(), before.sessions.end());
}

void Run::write_events_of_ended_run(int epochs_done) {
  metrics_.take_rows(folder_ / "metrics.csv", epochs_done);
  EventFile(folder_, metrics_.columns()).append(metrics_.values());
}

void Run::begin(const std::optional<Settings>& before) {
  remove_leftovers(folder_);
  if (settings_.tensorboard) {
    events_.emplace(folder_, metrics_.columns());
    // Rows that are in no event file. Written before config.toml, which tells the next session that they are there.
    if (!before || !before->tensorboard || event_files_in(folder_).empty()) events_->append(metrics_.values());
  }
  write_atomically(folder_ / "config.toml", to_toml(settings_));
}

RunRecord Run::train() {
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

void Run::note_failure(const std::string& sentence) {
  try {
    end("failed", sentence);
  } catch (const DataError&) {
    // The error being handled is more informative than this one.
  }
}

Index Run::capacity() const { return std::max<Index>(settings_.batch, kEvaluationBatch); }

void Run::check_this_is_ours() const {
  if (getpid() != process_)
    throw InUseError(fmt::format("{}: this process is a fork of the one that trains this run, where training continues",
                                 folder_.string()));
  if (!observer_.has_this_run())
    throw InUseError(fmt::format(
        "{}: another process has taken this run over; this process discards what it has not saved", folder_.string()));
}

double Run::seconds() const {
  return position_.seconds + std::chrono::duration<double>(Clock::now() - session_began_).count();
}

void Run::check_settings(const Settings& of_checkpoint) const {
  if (const Setting* const changed = changed_setting(of_checkpoint, settings_))
    throw SettingError(fmt::format("{}: {} is {} here, but {} in checkpoint.safetensors; correct it",
                                   (folder_ / "config.toml").string(), changed->key, text_of(changed->of(settings_)),
                                   text_of(changed->of(of_checkpoint))));
}

std::vector<std::string> Run::columns() const {
  std::vector<std::string> columns{"epoch", "seconds", "train_loss", "train_accuracy", "test_loss", "test_accuracy"};
  if (settings_.validation > 0) columns.insert(columns.end(), {"validation_loss", "validation_accuracy"});
  for (const Measures* measures : {&on_test_images_, &in_training_, &after_training_}) {
    const std::vector<std::string> more = measures->columns();
    columns.insert(columns.end(), more.begin(), more.end());
  }
  return columns;
}

std::optional<RunRecord> Run::train_epoch(int epoch) {
  const auto key = static_cast<std::uint32_t>(epoch);
  const Index steps = steps_per_epoch();
  order_of_epoch(settings_, key, order_);
  train_->follow(order_, key);
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

std::optional<RunRecord> Run::end_unless_finite(int epoch, Index step) {
  if (all_finite(network_)) return std::nullopt;
  return end("diverged", fmt::format("a weight was no longer finite after step {} of epoch {}", step, epoch));
}

std::optional<RunRecord> Run::finish_epoch(int epoch) {
  const auto key = static_cast<std::uint32_t>(epoch);
  const bool evaluates_training = epoch == 0 || epoch == settings_.epochs ||
                                  (settings_.evaluate_training > 0 && epoch % settings_.evaluate_training == 0);
  const Evaluation train = evaluates_training ? evaluate(network_, *train_evaluation_, key, batch_) : kNotEvaluated;
  predicted_.clear();
  const Evaluation test = evaluate(network_, *test_, key, batch_, &predicted_);
  if (!std::isfinite(test.loss))  // not the training loss, which may not have been evaluated
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
  // Metrics before the checkpoint: a run killed in between repeats the epoch and drops the row.
  metrics_.write(folder_ / "metrics.csv");
  if (events_) events_->append({&row, 1});
  record_.epochs_done = epoch;
  record_.test_accuracy = test.accuracy;
  record_.test_loss = test.loss;
  write_position({epoch, 0, row[1], metrics_.sha256()});
  observer_.on_epoch(epoch, train, test);
  return std::nullopt;
}

void Run::write_position(const Position& position) {
  check_this_is_ours();
  write_checkpoint(checkpoint_path(), network_, optimizer_, settings_, position);
  position_ = position;
  session_began_ = Clock::now();
  record_.seconds = position.seconds;
  write_record(folder_, record_);
}

void Run::observe(Measures& measures, const ImageSource& source, std::uint32_t epoch, Index first, Index count) {
  std::vector<std::uint32_t> which(static_cast<std::size_t>(count));
  std::iota(which.begin(), which.end(), static_cast<std::uint32_t>(first));
  source.read(which, epoch, batch_);
  network_.forward(std::as_const(batch_).images());
  network_.backward(batch_.labels());
  measures.observe(network_, batch_.labels());
}

void Run::measure_on_test_images(std::uint32_t epoch) {
  if (on_test_images_.empty()) return;
  on_test_images_.begin();
  const Index images = std::min(kMeasuredImages, test_->size());
  for (Index first = 0; first < images; first += kMeasuredBatch)
    observe(on_test_images_, *test_, epoch, first, std::min(kMeasuredBatch, images - first));
}

void Run::measure_after_training(std::uint32_t epoch) {
  if (after_training_.empty()) return;
  after_training_.begin();
  const Index first = (train_images_ - 1) / settings_.batch * settings_.batch;
  observe(after_training_, *train_evaluation_, epoch, first, train_images_ - first);
}

RunRecord Run::stop_at(int epoch, Index step) {
  if (const auto diverged = end_unless_finite(epoch, step)) return *diverged;
  write_position({position_.epochs_done, step, seconds(), position_.metrics_sha256});
  return end("stopped", record_.message);
}

RunRecord Run::finish() {
  check_this_is_ours();
  write_tensors(folder_ / "weights.safetensors", weights_of(network_, settings_));
  TensorFile predictions;
  const auto epoch = static_cast<std::uint32_t>(settings_.epochs);
  // Known already if this session trained the last epoch.
  if (predicted_.empty()) evaluate(network_, *test_, epoch, batch_, &predicted_);
  Vector luminosity(test_->size());
  for (Index i = 0; i < test_->size(); ++i) luminosity[i] = test_->value(static_cast<std::uint32_t>(i), epoch);
  predictions.put_u8("predicted", predicted_);
  predictions.put_u8("label", test_labels_);
  predictions.put("luminosity", ConstVectorView(luminosity.data(), luminosity.size()));
  write_tensors(folder_ / "test_predictions.safetensors", predictions);
  RunRecord record = end("finished", record_.message);
  std::error_code ignored;  // a failure here must not turn a finished run into a failed one
  if (!settings_.keep_checkpoint) fs::remove(checkpoint_path(), ignored);
  return record;
}

RunRecord Run::end(const std::string& status, const std::string& message) {
  check_this_is_ours();
  record_.status = status;
  record_.message = message;
  record_.ended = utc_now();
  record_.seconds = seconds();
  write_record(folder_, record_);
  return record_;
}

}  // namespace chandelier

#include "studies/estimate.hpp"

#include <algorithm>
#include <cmath>
#include <ctime>
#include <functional>
#include <numeric>
#include <queue>
#include <utility>

#include "base/error.hpp"
#include "base/random.hpp"
#include "data/stored_images.hpp"
#include "luminosity/jittered_images.hpp"
#include "training/evaluation.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

constexpr double kSecondsOfAll = 2;
constexpr Index kEvaluatedImages = 512;
/// Sizes that hardly depend on the run: config.toml and run.json, a row of metrics.csv, and a row as an event.
constexpr std::uint64_t kBytesOfTexts = 3000, kBytesOfEpoch = 800, kBytesOfEvent = 1000;
/// The size of a process without its network and images, and the copies of the weights in it: gradients or velocities,
/// and a checkpoint that is being written.
constexpr std::uint64_t kBytesOfProcess = 40'000'000, kCopiesOfWeights = 5;
/// The measures use 1024 test images after an epoch: a forward and a backward pass for each, and as much time again to
/// measure.
constexpr double kMeasuredImages = 2 * 1024;

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

/// The settings that determine the cost of a step apart from the size of the network; all others at their defaults.
Settings kind_of(const Settings& settings) {
  Settings kind;
  kind.circuit = settings.circuit;
  kind.activity_norm = settings.activity_norm;
  kind.error_norm = settings.error_norm;
  kind.error_acts_on = settings.error_acts_on;
  kind.error_route = settings.error_route;
  kind.error_interneurons = settings.error_interneurons;
  kind.feedback = settings.feedback;
  kind.data = settings.data;
  kind.depth = settings.depth;
  kind.batch = settings.batch;
  kind.update = settings.update;
  kind.precision = settings.precision;
  kind.momentum = settings.momentum > 0 ? 0.5 : 0;
  kind.momentum_inhibitory = settings.momentum_inhibitory > 0 ? 0.5 : 0;
  return kind;
}

/// Seconds for each part of a run.
struct Speed {
  double start = 0, trained_image = 0, evaluated_image = 0;

  /// Linear interpolation.
  static Speed between(const Speed& a, const Speed& b, double t) {
    return {std::lerp(a.start, b.start, t), std::lerp(a.trained_image, b.trained_image, t),
            std::lerp(a.evaluated_image, b.evaluated_image, t)};
  }
};

/// The mean seconds of an action, repeated for about `budget` seconds and at least three times, after a warm-up.
template <class Action>
double seconds_of(Action action, double budget) {
  action();
  const double begin = processor_seconds();
  double seconds = 0;
  int repetitions = 0;
  while (repetitions < 3 || seconds < budget) {
    action();
    ++repetitions;
    seconds = processor_seconds() - begin;
  }
  return seconds / repetitions;
}

Speed measure(const Settings& settings, const std::shared_ptr<const Dataset>& dataset, double budget) {
  const std::shared_ptr<const Luminosity> luminosity = make_luminosity(settings);
  const auto jittered = [&](const std::shared_ptr<const ImageSet>& images) {
    const auto few = std::make_shared<StoredImages>(images, 0, std::min(kEvaluatedImages, images->count));
    return JitteredImages(few, luminosity, settings.seed, Purpose::train_luminosity);
  };
  const JitteredImages train = jittered(train_of(dataset)), test = jittered(test_of(dataset));
  const Index capacity = std::max<Index>(settings.batch, kEvaluationBatch);

  Speed speed;
  const double before = processor_seconds();
  Network network = initial_network(settings, train.pixels(), capacity);
  speed.start = processor_seconds() - before;

  Optimizer optimizer = optimizer_of(network, settings);
  Batch batch(capacity, train.pixels());
  std::vector<std::uint32_t> which(static_cast<std::size_t>(std::min<Index>(settings.batch, train.size())));
  std::iota(which.begin(), which.end(), 0U);
  const auto step = [&] {
    train.read(which, 1, batch);
    network.forward(std::as_const(batch).images());
    network.backward(batch.labels());
    optimizer.step();
  };
  speed.trained_image = seconds_of(step, 0.6 * budget) / static_cast<double>(which.size());
  speed.evaluated_image =
      seconds_of([&] { evaluate(network, test, 1, batch); }, 0.4 * budget) / static_cast<double>(test.size());
  return speed;
}

double seconds_of_run(const Settings& settings, const Dataset& dataset, const Speed& speed) {
  const auto images = [](Index count) { return static_cast<double>(count); };
  const bool measured = settings.measure != std::vector<std::string>{"none"};
  const double evaluation = images(settings.validation + dataset.test.count) * speed.evaluated_image +
                            (measured ? kMeasuredImages * speed.trained_image : 0);
  const Index trained = dataset.train.count - settings.validation;
  const int every = settings.evaluate_training, last = std::min(settings.epochs, 1);
  const int on_training = 1 + (every == 0 ? last : (settings.epochs + every - 1) / every);
  return speed.start + (settings.epochs + 1) * evaluation + on_training * images(trained) * speed.evaluated_image +
         settings.epochs * images(trained) * speed.trained_image;
}

}  // namespace

std::uint64_t parameter_count(const Settings& settings, Index inputs) {
  std::uint64_t count = 0;
  blank_network(settings, inputs, 1).for_each_parameter([&](const std::string&, const Parameter& parameter) {
    count += static_cast<std::uint64_t>(parameter.rows() * parameter.cols());
  });
  return count;
}

std::vector<RunEstimate> estimate_runs(const StudyPlan& plan, const Datasets& datasets) {
  struct Kind {
    Settings settings;
    const StudyRun *smallest, *largest;
    Speed slow, fast;
  };
  const auto size_of = [&](const StudyRun& run) {
    return excitatory_synapses(run.settings, *dataset_of(run.settings, datasets));
  };
  std::vector<Kind> kinds;
  std::vector<std::size_t> kind_of_run;
  for (const StudyRun& run : plan.runs) {
    const Settings settings = kind_of(run.settings);
    auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const Kind& known) { return known.settings == settings; });
    if (kind == kinds.end()) kind = kinds.insert(kinds.end(), {settings, &run, &run, {}, {}});
    if (size_of(run) < size_of(*kind->smallest)) kind->smallest = &run;
    if (size_of(run) > size_of(*kind->largest)) kind->largest = &run;
    kind_of_run.push_back(static_cast<std::size_t>(kind - kinds.begin()));
  }
  const double budget = kSecondsOfAll / (2 * static_cast<double>(kinds.size()));
  for (Kind& kind : kinds) {
    const auto speed = [&](const StudyRun& run) {
      return measure(run.settings, dataset_of(run.settings, datasets), budget);
    };
    kind.fast = speed(*kind.smallest);
    kind.slow = size_of(*kind.largest) > size_of(*kind.smallest) ? speed(*kind.largest) : kind.fast;
  }

  std::vector<RunEstimate> estimates;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    const StudyRun& run = plan.runs[i];
    const Kind& kind = kinds[kind_of_run[i]];
    const Dataset& dataset = *dataset_of(run.settings, datasets);
    const double low = size_of(*kind.smallest), high = size_of(*kind.largest);
    const double share = high > low ? (size_of(run) - low) / (high - low) : 0;
    const std::uint64_t weights = 4 * parameter_count(run.settings, dataset.train.pixels_per_image());
    const bool moves = run.settings.momentum > 0 || run.settings.momentum_inhibitory > 0;
    // Per test image: a predicted class, a label and a luminosity.
    const std::uint64_t predictions = 6 * static_cast<std::uint64_t>(dataset.test.count);
    const std::uint64_t rows = static_cast<std::uint64_t>(run.settings.epochs) + 1;
    const std::uint64_t epoch = kBytesOfEpoch + (run.settings.tensorboard ? kBytesOfEvent : 0);
    const std::uint64_t checkpoint = weights * (moves ? 2 : 1) + kBytesOfTexts;
    estimates.push_back(
        {seconds_of_run(run.settings, dataset, Speed::between(kind.fast, kind.slow, share)),
         weights + predictions + kBytesOfTexts + epoch * rows + (run.settings.keep_checkpoint ? checkpoint : 0),
         checkpoint, kBytesOfProcess + kCopiesOfWeights * weights});
  }
  return estimates;
}

double schedule(const std::vector<double>& seconds, int jobs) {
  std::priority_queue<double, std::vector<double>, std::greater<>> free_at;
  for (int job = 0; job < jobs; ++job) free_at.push(0);
  double end = 0;
  for (const double run : seconds) {
    const double done = free_at.top() + run;
    free_at.pop();
    free_at.push(done);
    end = std::max(end, done);
  }
  return end;
}

}  // namespace chandelier

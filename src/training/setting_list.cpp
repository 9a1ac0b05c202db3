#include "training/setting_list.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <map>
#include <mutex>

#include "base/suggestion.hpp"
#include "training/conditions.hpp"
#include "training/measure_table.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

constexpr double kLargestInt = std::numeric_limits<int>::max();
constexpr Range kAtLeast0{.low = 0, .high = kUnlimited};
constexpr Range kBelow1{.low = 0, .high = 1, .below_high = true};

std::span<const std::string_view> measure_choices() {
  // One list per number of measures, as another thread may be reading the previous one.
  static std::mutex mutex;
  static std::map<std::size_t, std::vector<std::string_view>> choices;
  const auto names = measure_names();
  const std::lock_guard lock(mutex);
  std::vector<std::string_view>& all = choices[names.size()];
  if (all.empty()) {
    all = {"all", "none", "reference"};
    all.insert(all.end(), names.begin(), names.end());
  }
  return all;
}

std::vector<Setting> make_list() {
  const std::string_view trained = "What is trained", sees = "What it sees", learns = "How it learns",
                         recorded = "What is recorded", preset = "the condition's";
  return {
      {.key = "condition",
       .group = trained,
       .member = &Settings::condition,
       .help = "Preset of circuit, activity normalization and error normalization.",
       .choices = condition_ids},
      {.key = "circuit",
       .group = trained,
       .member = &Settings::circuit,
       .help = "Circuit of the hidden layers: e (excitatory units only), ei (subtractive inhibition, trained on the "
               "task), inorm (inhibition that normalizes) or inorm-sub (inhibition that only centres). Without a "
               "condition, activity_norm defaults to none, and error_norm to own for e and ei and to none for inorm "
               "and inorm-sub.",
       .choices = circuit_names,
       .default_words = preset},
      {.key = "activity_norm",
       .group = trained,
       .member = &Settings::activity_norm,
       .help = "Computed normalization of the activity in circuits e and ei, before ReLU.",
       .choices = activity_norm_names,
       .default_words = preset},
      {.key = "error_norm",
       .group = trained,
       .member = &Settings::error_norm,
       .help = "Normalization of the error signals. own is the exact Jacobian of the activity normalization (circuits "
               "e and ei); dendritic and dendritic-burst learn. Give one rule, or a list with one for each hidden "
               "layer.",
       .choices = error_norm_names,
       .default_words = preset,
       .one_a_layer = true},
      {.key = "error_part",
       .group = trained,
       .member = &Settings::error_part,
       .help = "Part of the error normalization to apply: all of it, only its change of direction, or only its change "
               "of magnitude.",
       .choices = error_part_names},
      {.key = "error_acts_on",
       .group = trained,
       .member = &Settings::error_acts_on,
       .help = "Which error of a layer is normalized: both, only the one that its weights learn from, or only the one "
               "sent to the layer below.",
       .choices = error_acts_on_names},
      {.key = "error_divide",
       .group = trained,
       .member = &Settings::error_divide,
       .help = "Divisor of the errors in circuit inorm: the divisive inhibition d of each sample, as for the activity, "
               "the mean of d over the batch, or none (off). true and false mean sample and off.",
       .choices = error_divide_names,
       .true_means = "sample",
       .false_means = "off"},
      {.key = "error_route",
       .group = trained,
       .member = &Settings::error_route,
       .help = "Synapses that carry errors down in circuits inorm and inorm-sub: excitatory ones only, those of "
               "subtractive inhibition as well, or all of them.",
       .choices = error_route_names},
      {.key = "error_interneurons",
       .group = trained,
       .member = &Settings::error_interneurons,
       .help = "Interneurons per hidden layer that read its errors, for error_norm dendritic and dendritic-burst.",
       .range = Range{.low = 1, .high = 100000}},
      {.key = "feedback",
       .group = trained,
       .member = &Settings::feedback,
       .help = "Weights that carry errors down: the transposed forward weights (symmetric), independent random weights "
               "that never change (fixed), weights that learn along with the forward weights (kolen-pollack; the two "
               "align only with weight_decay), or fixed weights from the readout to every layer (direct).",
       .choices = feedback_names},
      {.key = "width",
       .group = trained,
       .member = &Settings::width,
       .help =
           "Excitatory units of each hidden layer: one number for all layers, or one for each, which sets the depth.",
       .range = Range{.low = 2, .high = 100000}},
      {.key = "depth",
       .group = trained,
       .member = &Settings::depth,
       .help = "Number of hidden layers.",
       .range = Range{.low = 1, .high = 64}},
      {.key = "inhibitory_fraction",
       .group = trained,
       .member = &Settings::inhibitory_fraction,
       .help = "Inhibitory units per excitatory unit of a hidden layer (rounded down, at least one unit).",
       .range = Range{.low = 0, .high = 1, .above_low = true}},
      {.key = "initialization",
       .group = trained,
       .member = &Settings::initialization,
       .help = "Distribution of the initial excitatory weights.",
       .choices = initialization_names},

      {.key = "data",
       .group = sees,
       .member = &Settings::data,
       .help = "Folder of IDX files, plain or gzipped, or the name of a known data set: fashion-mnist or mnist.",
       .default_words = "FashionMNIST, found automatically",
       .only_place = true},
      {.key = "luminosity",
       .group = sees,
       .member = &Settings::luminosity,
       .help = "How luminosity varies from image to image: a uniform random shift, one fixed shift, a random gain, a "
               "random contrast, a shift with a random slope across the image, a shift that drifts from one training "
               "image to the next, or a lognormal gain.",
       .choices = luminosity_names},
      {.key = "epsilon",
       .group = sees,
       .member = &Settings::epsilon,
       .help =
           "Strength of the luminosity jitter: half-width of the random shift in units of the pixel range, or of "
           "the random gain or contrast around 1. Luminosity drift has the standard deviation of the uniform shift; "
           "for lognormal-gain, epsilon is the standard deviation of the logarithm of the gain. Not used by "
           "luminosity fixed.",
       .range = Range{.low = 0, .high = 1}},
      {.key = "epsilon_shading",
       .group = sees,
       .member = &Settings::epsilon_shading,
       .help =
           "Half-width of the random slope of luminosity shading: the change from the centre of an image to its edge.",
       .range = Range{.low = 0, .high = 1}},
      {.key = "rho",
       .group = sees,
       .member = &Settings::rho,
       .help = "Correlation of luminosity drift from one training image to the next; 0 means independent shifts.",
       .range = kBelow1},
      {.key = "shift",
       .group = sees,
       .member = &Settings::shift,
       .help = "Constant added to every pixel by luminosity fixed.",
       .range = Range{.low = -1, .high = 1}},
      {.key = "classes",
       .group = sees,
       .member = &Settings::classes,
       .help = "Number of classes; a larger label in the data is an error.",
       .range = Range{.low = 2, .high = 256}},
      {.key = "validation",
       .group = sees,
       .member = &Settings::validation,
       .help = "Images at the end of the training set to hold out for validation.",
       .range = Range{.low = 0, .high = kLargestInt}},

      {.key = "batch",
       .group = learns,
       .member = &Settings::batch,
       .help = "Images per update.",
       .range = Range{.low = 1, .high = 65536}},
      {.key = "epochs",
       .group = learns,
       .member = &Settings::epochs,
       .help = "Passes over the training set; 0 only evaluates the network before training.",
       .range = Range{.low = 0, .high = kLargestInt}},
      {.key = "label_smoothing",
       .group = learns,
       .member = &Settings::label_smoothing,
       .help = "Share of the target probability to spread over all classes.",
       .range = kBelow1},
      {.key = "lr",
       .group = learns,
       .member = &Settings::lr,
       .help = "Learning rate of Wex, biases and everything not named below.",
       .range = kAtLeast0,
       .is_rate = true},
      {.key = "lr_wix",
       .group = learns,
       .member = &Settings::lr_wix,
       .help = "Learning rate of Wix and Bix, the weights onto inhibition.",
       .range = kAtLeast0,
       .is_rate = true},
      {.key = "lr_wei",
       .group = learns,
       .member = &Settings::lr_wei,
       .help = "Learning rate of Wei, the weights from inhibition; in hidden layers of circuit inorm, Wei is fixed.",
       .range = kAtLeast0,
       .is_rate = true},
      {.key = "lr_error",
       .group = learns,
       .member = &Settings::lr_error,
       .help = "Learning rate of the weights of error normalizations.",
       .range = kAtLeast0,
       .is_rate = true},
      {.key = "momentum",
       .group = learns,
       .member = &Settings::momentum,
       .help = "Momentum of excitatory weights and biases.",
       .range = kBelow1},
      {.key = "momentum_inhibitory",
       .group = learns,
       .member = &Settings::momentum_inhibitory,
       .help = "Momentum of inhibitory weights.",
       .range = kBelow1},
      {.key = "nesterov",
       .group = learns,
       .member = &Settings::nesterov,
       .help = "Use Nesterov momentum; only with update sgd."},
      {.key = "weight_decay",
       .group = learns,
       .member = &Settings::weight_decay,
       .help = "Decoupled weight decay of excitatory weights and biases, per update and unit of lr.",
       .range = kAtLeast0},
      {.key = "update",
       .group = learns,
       .member = &Settings::update,
       .help = "Gradient descent (sgd), or exponentiated gradient, which multiplies weights (exponentiated).",
       .choices = update_names},
      {.key = "lambda",
       .group = learns,
       .member = &Settings::lambda,
       .help = "Weight of the local homeostatic loss that trains the inhibition of inorm and inorm-sub.",
       .range = kAtLeast0},
      {.key = "freeze",
       .group = learns,
       .member = &Settings::freeze,
       .help = "What does not learn: parameters (Wix), layers (hidden0, readout) or a parameter of one layer "
               "(hidden0.Wix).",
       .default_words = "nothing"},
      {.key = "shuffle",
       .group = learns,
       .member = &Settings::shuffle,
       .help = "Visit the training images in a new random order every epoch; otherwise in file order."},
      {.key = "precision",
       .group = learns,
       .member = &Settings::precision,
       .help = "Precision of the operands of matrix products: fp32; bf16, which is faster on CPUs that multiply it "
               "directly; or fp16, where results are rounded too, as in the published code. Weights and sums are fp32 "
               "in all cases.",
       .choices = precision_names},
      {.key = "seed", .group = learns, .member = &Settings::seed, .help = "Seed of all random numbers of the run."},

      {.key = "evaluate_training",
       .group = recorded,
       .member = &Settings::evaluate_training,
       .help =
           "Evaluate on the training set every so many epochs, and always before training and after the last epoch; "
           "0: only then. Other rows of metrics.csv contain nan.",
       .range = Range{.low = 0, .high = kLargestInt},
       .only_files = true},
      {.key = "measure",
       .group = recorded,
       .member = &Settings::measure,
       .help = "Measures of the hidden layers: all, none, or names. reference takes them when and where the published "
               "code does, and can be combined with names.",
       .choices = measure_choices},
      {.key = "keep_checkpoint",
       .group = recorded,
       .member = &Settings::keep_checkpoint,
       .help = "Keep checkpoint.safetensors after the run has finished.",
       .only_files = true},
      {.key = "tensorboard",
       .group = recorded,
       .member = &Settings::tensorboard,
       .help = "Also write metrics.csv as event files, which TensorBoard shows while the run trains.",
       .only_files = true},
  };
}

const std::vector<Setting>& list() {
  static const std::vector<Setting> settings = make_list();
  return settings;
}

}  // namespace

std::span<const Setting> setting_list() { return list(); }

const Setting* find_setting(std::string_view key) {
  const auto found = std::find_if(list().begin(), list().end(), [&](const Setting& s) { return s.key == key; });
  return found == list().end() ? nullptr : &*found;
}

SettingError unknown_setting(std::string_view key, const std::string& origin) {
  std::vector<std::string_view> keys;
  for (const Setting& setting : list()) keys.push_back(setting.key);
  std::string suggestion = did_you_mean(key, keys);
  if (suggestion.empty()) suggestion = "; `chandelier train --help` lists all settings";
  return SettingError(fmt::format("{}: '{}' is not a setting{}", origin, key, suggestion));
}

}  // namespace chandelier

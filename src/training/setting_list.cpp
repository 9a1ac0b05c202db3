#include "training/setting_list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "base/error.hpp"
#include "base/suggestion.hpp"
#include "training/conditions.hpp"
#include "training/measure_names.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

template <typename T>
struct ElementOf {
  using Type = T;
};
template <typename T>
struct ElementOf<std::vector<T>> {
  using Type = T;
};

template <typename T>
constexpr bool is_vector = !std::is_same_v<T, typename ElementOf<T>::Type>;

/// Calls `f` with a null pointer to the type of the setting's member.
template <typename F>
auto with_type(const Setting& setting, F f) {
  return std::visit([&]<typename T>(T Settings::*) { return f(static_cast<T*>(nullptr)); }, setting.member);
}

constexpr double unlimited = std::numeric_limits<double>::infinity();
constexpr double largest_int = std::numeric_limits<int>::max();
constexpr Range at_least_0{.low = 0, .high = unlimited};
constexpr Range below_1{.low = 0, .high = 1, .below_high = true};

std::span<const std::string_view> measure_choices() {
  static const std::vector<std::string_view> choices = [] {
    std::vector<std::string_view> all{"all", "none", "reference"};
    all.insert(all.end(), measure_names().begin(), measure_names().end());
    return all;
  }();
  return choices;
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
       .help = "Circuit of the hidden layers: excitatory, subtractive E-I trained on the task, inhibition that "
               "normalizes, or inhibition that only centres. Given without a condition, activity_norm is none, and "
               "error_norm is own for e and ei, none for inorm and inorm-sub.",
       .choices = circuit_names,
       .default_words = preset},
      {.key = "activity_norm",
       .group = trained,
       .member = &Settings::activity_norm,
       .help = "Computed normalization of the activity of circuits e and ei, before ReLU.",
       .choices = activity_norm_names,
       .default_words = preset},
      {.key = "error_norm",
       .group = trained,
       .member = &Settings::error_norm,
       .help = "Normalization of the error signals; own is the exact Jacobian of the activity normalization (circuits "
               "e and ei).",
       .choices = error_norm_names,
       .default_words = preset},
      {.key = "error_part",
       .group = trained,
       .member = &Settings::error_part,
       .help = "Part of the error normalization that acts: the whole, only its change of direction, or only of "
               "magnitude.",
       .choices = error_part_names},
      {.key = "error_divide",
       .group = trained,
       .member = &Settings::error_divide,
       .help = "Circuit inorm divides the error by the divisive inhibition d, as it divides the activity."},
      {.key = "width",
       .group = trained,
       .member = &Settings::width,
       .help = "Excitatory units of each hidden layer; one number means every layer, more set the depth.",
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
       .help = "Distribution of the first excitatory weights.",
       .choices = initialization_names},

      {.key = "data",
       .group = sees,
       .member = &Settings::data,
       .help = "Folder of IDX files, plain or gzipped.",
       .default_words = "FashionMNIST, found by itself",
       .only_place = true},
      {.key = "luminosity",
       .group = sees,
       .member = &Settings::luminosity,
       .help = "How luminosity varies from image to image: a uniform random shift, one fixed shift, a random gain or a "
               "random contrast.",
       .choices = luminosity_names},
      {.key = "epsilon",
       .group = sees,
       .member = &Settings::epsilon,
       .help = "Half-width of the luminosity jitter: of the shift in units of the pixels' range, of the gain or of the "
               "contrast around 1; unused by luminosity fixed.",
       .range = Range{.low = 0, .high = 1}},
      {.key = "shift",
       .group = sees,
       .member = &Settings::shift,
       .help = "Constant that luminosity fixed adds to every pixel.",
       .range = Range{.low = -1, .high = 1}},
      {.key = "classes",
       .group = sees,
       .member = &Settings::classes,
       .help = "Number of classes; a larger label in the data is an error.",
       .range = Range{.low = 2, .high = 256}},
      {.key = "validation",
       .group = sees,
       .member = &Settings::validation,
       .help = "Images held out from the end of the training set.",
       .range = Range{.low = 0, .high = largest_int}},

      {.key = "batch",
       .group = learns,
       .member = &Settings::batch,
       .help = "Images of one update.",
       .range = Range{.low = 1, .high = 65536}},
      {.key = "epochs",
       .group = learns,
       .member = &Settings::epochs,
       .help = "Passes over the training set; 0 only evaluates the network before training.",
       .range = Range{.low = 0, .high = largest_int}},
      {.key = "label_smoothing",
       .group = learns,
       .member = &Settings::label_smoothing,
       .help = "Share of the target probability that is spread over all classes.",
       .range = below_1},
      {.key = "lr",
       .group = learns,
       .member = &Settings::lr,
       .help = "Learning rate of Wex, biases and everything not named below.",
       .range = at_least_0},
      {.key = "lr_wix",
       .group = learns,
       .member = &Settings::lr_wix,
       .help = "Learning rate of Wix and Bix, the weights onto inhibition.",
       .range = at_least_0},
      {.key = "lr_wei",
       .group = learns,
       .member = &Settings::lr_wei,
       .help = "Learning rate of Wei, the weights from inhibition; hidden layers of circuit inorm hold Wei fixed.",
       .range = at_least_0},
      {.key = "momentum",
       .group = learns,
       .member = &Settings::momentum,
       .help = "Momentum of excitatory weights and biases.",
       .range = below_1},
      {.key = "momentum_inhibitory",
       .group = learns,
       .member = &Settings::momentum_inhibitory,
       .help = "Momentum of inhibitory weights.",
       .range = below_1},
      {.key = "nesterov",
       .group = learns,
       .member = &Settings::nesterov,
       .help = "Nesterov's form of momentum, with update sgd."},
      {.key = "weight_decay",
       .group = learns,
       .member = &Settings::weight_decay,
       .help = "Decoupled weight decay of excitatory weights and biases, per update and unit of lr.",
       .range = at_least_0},
      {.key = "update",
       .group = learns,
       .member = &Settings::update,
       .help = "Gradient descent, or exponentiated gradient (multiplicative updates).",
       .choices = update_names},
      {.key = "lambda",
       .group = learns,
       .member = &Settings::lambda,
       .help = "Weight of the local homeostatic loss that trains the inhibition of inorm and inorm-sub.",
       .range = at_least_0},
      {.key = "freeze",
       .group = learns,
       .member = &Settings::freeze,
       .help = "What does not learn: parameters (Wix), layers (hidden0, readout) or a layer's parameter (hidden0.Wix).",
       .default_words = "nothing"},
      {.key = "shuffle",
       .group = learns,
       .member = &Settings::shuffle,
       .help = "A new order of the training images every epoch; off, they come in file order."},
      {.key = "precision",
       .group = learns,
       .member = &Settings::precision,
       .help =
           "What matrix products multiply: fp32, numbers rounded to bf16, which is faster where the CPU multiplies "
           "those, or to fp16, their results too, as the published code does. Weights and sums are fp32 in each.",
       .choices = precision_names},
      {.key = "seed", .group = learns, .member = &Settings::seed, .help = "Seed of every random number of the run."},

      {.key = "evaluate_training",
       .group = recorded,
       .member = &Settings::evaluate_training,
       .help = "Evaluate on the training set before training, every so many epochs and after the last; 0: only before "
               "training and after the last. Other rows of metrics.csv say nan.",
       .range = Range{.low = 0, .high = largest_int},
       .only_files = true},
      {.key = "measure",
       .group = recorded,
       .member = &Settings::measure,
       .help = "Measures of the hidden layers: all, none, or names; reference takes them when and where the published "
               "code does, and may stand with names.",
       .choices = measure_choices},
      {.key = "keep_checkpoint",
       .group = recorded,
       .member = &Settings::keep_checkpoint,
       .help = "Keep checkpoint.safetensors of a finished run.",
       .only_files = true},
      {.key = "tensorboard",
       .group = recorded,
       .member = &Settings::tensorboard,
       .help = "Write metrics.csv also as event files, which TensorBoard shows while the run trains.",
       .only_files = true},
  };
}

const std::vector<Setting>& list() {
  static const std::vector<Setting> settings = make_list();
  return settings;
}

/// @throws SettingError unless `value` lies in the setting's range.
template <typename Number>
void check_range(const Setting& setting, Number value, const std::string& shown, const std::string& origin) {
  if (!setting.range) return;
  const auto [low, high, above_low, below_high] = *setting.range;
  const auto number = static_cast<double>(value);
  const bool inside = (above_low ? number > low : number >= low) && (below_high ? number < high : number <= high);
  if (!inside)
    throw SettingError(fmt::format("{}: {} is out of range; allowed is {}", origin, shown, setting.allowed()));
}

/// Parses the whole of `item`; a sign + is accepted. Numbers too large for their type count as out of range.
template <typename Number>
Number parse_number(const Setting& setting, const std::string& item, std::string_view kind, const std::string& origin) {
  Number value{};
  const bool plus = item.size() > 1 && item[0] == '+' && item[1] != '-';
  const char* const end = item.data() + item.size();
  const auto [stop, error] = std::from_chars(item.data() + (plus ? 1 : 0), end, value);
  if (error == std::errc::result_out_of_range && stop == end) {
    throw SettingError(fmt::format("{}: {} is out of range; allowed is {}", origin, item, setting.allowed()));
  }
  if (error != std::errc() || stop != end) {
    throw SettingError(fmt::format("{}: '{}' is not {}; allowed is {}", origin, item, kind, setting.allowed()));
  }
  return value;
}

void read(const Setting&, const std::string& item, const std::string& origin, bool& value) {
  if (item != "true" && item != "false") {
    throw SettingError(fmt::format("{}: '{}' is not true or false", origin, item));
  }
  value = item == "true";
}

void read(const Setting& setting, const std::string& item, const std::string& origin, int& value) {
  const auto wide = parse_number<std::int64_t>(setting, item, "a whole number", origin);
  check_range(setting, wide, item, origin);
  value = static_cast<int>(wide);
}

void read(const Setting& setting, const std::string& item, const std::string& origin, std::uint64_t& value) {
  // TOML's integers end at 2^63 - 1, and every value must fit into config.toml.
  const auto wide = parse_number<std::int64_t>(setting, item, "a whole number", origin);
  if (wide < 0)
    throw SettingError(fmt::format("{}: {} is out of range; allowed is {}", origin, item, setting.allowed()));
  value = static_cast<std::uint64_t>(wide);
}

void read(const Setting& setting, const std::string& item, const std::string& origin, double& value) {
  value = parse_number<double>(setting, item, "a number", origin);
  if (!std::isfinite(value)) {
    throw SettingError(fmt::format("{}: {} is not a finite number; allowed is {}", origin, item, setting.allowed()));
  }
  check_range(setting, value, item, origin);
}

void read(const Setting& setting, const std::string& item, const std::string& origin, std::string& value) {
  const auto choices = setting.choices == nullptr ? std::span<const std::string_view>() : setting.choices();
  if (!choices.empty() && std::find(choices.begin(), choices.end(), item) == choices.end()) {
    throw SettingError(fmt::format("{}: '{}' is not one of {}{}", origin, item, fmt::join(choices, ", "),
                                   did_you_mean(item, choices)));
  }
  value = item;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

}  // namespace

std::string Setting::flag() const {
  std::string words(key);
  std::replace(words.begin(), words.end(), '_', '-');
  return "--" + words;
}

std::string Setting::off_flag() const { return "--no-" + flag().substr(2); }

Setting::Kind Setting::kind() const {
  return with_type(*this, []<typename T>(T*) {
    using Element = typename ElementOf<T>::Type;
    if constexpr (std::is_same_v<Element, bool>) return Kind::truth;
    if constexpr (std::is_integral_v<Element>) return Kind::whole;
    if constexpr (std::is_floating_point_v<Element>) return Kind::number;
    return Kind::text;
  });
}

bool Setting::is_list() const {
  return with_type(*this, []<typename T>(T*) { return is_vector<T>; });
}

std::string Setting::allowed() const {
  if (kind() == Kind::truth) return "true or false";
  if (kind() == Kind::text) {
    const std::string_view one = is_list() ? "any of" : "one of";
    if (choices != nullptr) return fmt::format("{} {}", one, fmt::join(choices(), ", "));
    return is_list() ? "a list of names" : "a text";
  }
  std::string words = kind() == Kind::whole ? "a whole number" : "a number";
  if (is_list()) words = "a list of whole numbers";
  if (!range) return fmt::format("{} from 0 to {}", words, std::numeric_limits<std::int64_t>::max());
  const auto [low, high, above_low, below_high] = *range;
  if (!above_low && !below_high && high != unlimited) {
    return fmt::format("{} from {} to {}", words, low, high);
  }
  words += fmt::format(" {} {}", above_low ? "above" : "of at least", low);
  if (high != unlimited) words += fmt::format(" and {} {}", below_high ? "below" : "at most", high);
  return words;
}

std::string Setting::default_text() const {
  return default_words.empty() ? text_of(of(Settings())) : std::string(default_words);
}

SettingValue Setting::of(const Settings& settings) const {
  return std::visit([&](auto pointer) -> SettingValue { return settings.*pointer; }, member);
}

void Setting::put(Settings& settings, const SettingValue& value) const {
  std::visit([&]<typename T>(T Settings::*pointer) { settings.*pointer = std::get<T>(value); }, member);
}

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

SettingValue value_from_items(const Setting& setting, std::span<const std::string> items, const std::string& origin) {
  if (!setting.is_list() && items.size() != 1) {
    throw Bug(fmt::format("{} values for the setting {}, which takes one", items.size(), setting.key));
  }
  return with_type(setting, [&]<typename T>(T*) -> SettingValue {
    T value{};
    if constexpr (is_vector<T>) {
      for (const std::string& item : items) read(setting, item, origin, value.emplace_back());
    } else {
      read(setting, items[0], origin, value);
    }
    return value;
  });
}

SettingValue value_from_text(const Setting& setting, std::string_view text, const std::string& origin) {
  std::vector<std::string> items;
  if (!setting.is_list()) {
    items.emplace_back(text);
  } else if (!trimmed(text).empty()) {
    for (std::size_t start = 0; start <= text.size();) {
      const std::size_t comma = std::min(text.find(',', start), text.size());
      items.emplace_back(trimmed(text.substr(start, comma - start)));
      start = comma + 1;
    }
  }
  return value_from_items(setting, items, origin);
}

std::string text_of(const SettingValue& value) {
  return std::visit(
      []<typename T>(const T& held) {
        if constexpr (is_vector<T>) {
          return fmt::format("{}", fmt::join(held, ","));
        } else {
          return fmt::format("{}", held);
        }
      },
      value);
}

std::optional<double> number_of(const SettingValue& value) {
  if (const auto* const whole = std::get_if<int>(&value)) return *whole;
  if (const auto* const real = std::get_if<double>(&value)) return *real;
  if (const auto* const list = std::get_if<std::vector<int>>(&value); list != nullptr && !list->empty())
    if (std::ranges::all_of(*list, [&](int item) { return item == list->front(); })) return list->front();
  return std::nullopt;
}

}  // namespace chandelier

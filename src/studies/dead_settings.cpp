#include "studies/dead_settings.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/random.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

constexpr Index kInputs = 12, kBatch = 8, kSteps = 3;
constexpr int kWidth = 8;

/// Rates that take part in a step, and the values to try them at: large enough that rounding hides no effect, and
/// powers of two, so that doubling and halving are exact. A rate that is 0 in the plan stays 0.
constexpr std::array<std::pair<std::string_view, double>, 6> kRates{{{"lr", 0x1p-5},
                                                                     {"lr_wix", 0x1p-4},
                                                                     {"lr_wei", 0x1p-4},
                                                                     {"lr_error", 0x1p-4},
                                                                     {"weight_decay", 0x1p-3},
                                                                     {"lambda", 0x1p-2}}};

/// Settings that shape the network or the course of training. A step of a small network on given images does not show
/// their effect; nor does it for settings of what a run sees or records.
constexpr std::array<std::string_view, 5> kBeyondAStep{"epochs", "width", "depth", "shuffle", "batch"};

double& number_in(Settings& settings, std::string_view key) {
  return settings.*std::get<double Settings::*>(find_setting(key)->member);
}

Matrix random_images() {
  Matrix images(kSteps * kBatch, kInputs);
  for (Index image = 0; image < images.rows(); ++image) {
    KeyedRandom random(0, Purpose::hyper_parameter, 0, static_cast<std::uint32_t>(image));
    for (Index pixel = 0; pixel < kInputs; ++pixel) images(image, pixel) = static_cast<Real>(random.uniform());
  }
  return images;
}

struct Weights {
  std::map<std::string, std::vector<std::byte>> tensors;
  bool finite = true;
};

/// Steps that diverged never count as the same, since nothing follows from them.
bool same(const Weights& a, const Weights& b) { return a.finite && b.finite && a.tensors == b.tensors; }

/// All weights after some steps or, if the readout is frozen, those of the hidden layers.
Weights trained(Settings settings, bool keep_readout) {
  static const Matrix images = random_images();
  if (keep_readout) settings.freeze.emplace_back("readout");
  Network network = initial_network(settings, kInputs, kBatch);
  Optimizer optimizer = optimizer_of(network, settings);
  Weights weights;
  for (Index step = 0; step < kSteps; ++step) {
    std::vector<std::uint8_t> labels;
    for (Index image = 0; image < kBatch; ++image)
      labels.push_back(static_cast<std::uint8_t>((step * kBatch + image) % settings.classes));
    network.forward(rows_of(view(images), step * kBatch, kBatch));
    weights.finite &= std::isfinite(network.backward(labels).loss);
    optimizer.step();
  }
  for (const auto& [name, tensor] : weights_of(network, settings).tensors)
    if (!keep_readout || !name.starts_with("readout.")) weights.tensors[name] = tensor.bytes;
  return weights;
}

Settings narrow(Settings settings) {
  std::ranges::fill(settings.width, kWidth);
  return settings;
}

/// The value at which to try a numeric setting.
double trial_value(std::string_view key) {
  const auto* const rate = std::ranges::find(kRates, key, &std::pair<std::string_view, double>::first);
  return rate == kRates.end() ? 0.5 : rate->second;
}

/// The settings of a small network of the condition, at the rates to try.
Settings probe_of(const StudyPlan& plan, const std::string& condition) {
  std::optional<Settings> probe;
  std::map<std::string_view, bool> is_live;
  for (const StudyRun& run : plan.runs) {
    if (run.condition != condition) continue;
    for (const auto& [key, rate] : kRates) is_live[key] |= find_setting(key)->of(run.settings) != SettingValue(0.0);
    if (!probe) probe = run.settings;
  }
  if (!probe) throw Bug("a condition of the plan has no run");
  for (const auto& [key, rate] : kRates)
    if (is_live[key]) number_in(*probe, key) = rate;
  return narrow(*probe);
}

/// A value of a drawn setting that differs from the first in the plan; null if all are the same.
const SettingValue* other_value(const Draws& draws, std::size_t drawn) {
  for (const auto& draw : draws.values)
    if (draw[drawn] != draws.values.front()[drawn]) return &draw[drawn];
  return nullptr;
}

/// The setting at two values: the trial value and half of it for a rate, 1/2 and 1/4 for other numbers, and two values
/// of the plan for everything else.
std::array<Settings, 2> at_two_values(const Settings& probe, const StudyPlan& plan, std::size_t drawn) {
  const Setting& setting = *find_setting(plan.draws.settings[drawn].key);
  std::array<Settings, 2> two{probe, probe};
  if (std::holds_alternative<double Settings::*>(setting.member)) {
    const double value = trial_value(setting.key);
    number_in(two[0], setting.key) = value;
    number_in(two[1], setting.key) = value / 2;
    return two;
  }
  setting.put(two[0], plan.draws.values.front()[drawn]);
  setting.put(two[1], *other_value(plan.draws, drawn));
  return two;
}

/// The rate with which the setting acts only as a product, if there is one.
std::optional<std::string_view> partner_of(const std::string& key, const Settings& probe, const Weights& hidden) {
  for (const auto& [partner, rate] : kRates) {
    Settings other = probe;
    if (partner == key || number_in(other, partner) == 0) continue;
    number_in(other, key) *= 2;
    number_in(other, partner) /= 2;
    if (!same(trained(other, true), hidden)) continue;
    // Each must matter by itself: two settings without any effect do not form a product.
    number_in(other, key) /= 2;
    if (!same(trained(other, true), hidden)) return partner;
  }
  return std::nullopt;
}

}  // namespace

bool shows_in_a_step(const Setting& setting) {
  return setting.group != find_setting("luminosity")->group && setting.group != find_setting("measure")->group &&
         std::ranges::find(kBeyondAStep, setting.key) == kBeyondAStep.end();
}

Settings trial_context(const Settings& settings, const Setting& setting) {
  Settings context = narrow(settings);
  for (const auto& [key, rate] : kRates)
    if (number_in(context, key) != 0) number_in(context, key) = rate;
  setting.put(context, setting.of(Settings()));
  return context;
}

bool does_nothing(const Settings& context, const Setting& setting, std::span<const SettingValue> values) {
  if (names_own_rule(context)) return false;  // it may be unavailable here, or count its calls
  std::vector<SettingValue> tried(values.begin(), values.end());
  if (std::holds_alternative<double Settings::*>(setting.member)) {
    const double value = trial_value(setting.key);
    tried = {value, value / 2};
    if (std::ranges::find(values, SettingValue(0.0)) != values.end()) tried.emplace_back(0.0);
  }
  std::optional<Weights> first;
  try {
    for (const SettingValue& value : tried) {
      Settings settings = context;
      setting.put(settings, value);
      Weights weights = trained(settings, false);
      if (!first)
        first = std::move(weights);
      else if (!same(*first, weights))
        return false;
    }
  } catch (const UserError&) {  // a value that does not fit a small network is assumed to matter
    return false;
  }
  return true;
}

std::vector<DeadSetting> dead_settings(const StudyPlan& plan) {
  std::vector<DeadSetting> dead;
  for (const std::string& condition : plan.conditions) {
    const Settings probe = probe_of(plan, condition);
    if (names_own_rule(probe)) continue;
    for (std::size_t drawn = 0; drawn < plan.draws.settings.size(); ++drawn) {
      const std::string& key = plan.draws.settings[drawn].key;
      const bool is_fixed = std::any_of(plan.fixed_draws.begin(), plan.fixed_draws.end(), [&](const FixedDraw& fixed) {
        return fixed.condition == condition && fixed.key == key;
      });
      if (is_fixed || !shows_in_a_step(*find_setting(key)) || other_value(plan.draws, drawn) == nullptr) continue;
      const auto [one, other] = at_two_values(probe, plan, drawn);
      const Weights hidden = trained(one, true);
      if (same(trained(one, false), trained(other, false)))
        dead.push_back({condition, key, Effect::none, ""});
      else if (same(hidden, trained(other, true)))
        dead.push_back({condition, key, Effect::readout_only, ""});
      else if (const auto is_rate = [&](const auto& rate) { return rate.first == key; };
               std::any_of(kRates.begin(), kRates.end(), is_rate))
        if (const auto partner = partner_of(key, one, hidden))
          dead.push_back({condition, key, Effect::product, std::string(*partner)});
    }
  }
  return dead;
}

}  // namespace chandelier

// Finds settings that vary in a plan but cannot matter. It tries them out instead of using a list of rules, so new
// circuits and updates need no new rules.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "studies/study_plan.hpp"
#include "training/setting_list.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// The limited effect of a setting in a condition.
enum class Effect {
  none,          ///< on no weight of the network
  readout_only,  ///< on weights of hidden layers only through the readout
  product,       ///< in hidden layers, only its product with `partner` matters
};

struct DeadSetting {
  std::string condition;
  std::string key;
  Effect effect;
  std::string partner;  ///< of a product
};

/// For each condition of the plan, the drawn settings that do less than they seem to.
///
/// A small network of the condition takes three steps on random images with two values of the setting. If all weights
/// are bitwise equal, the setting has no effect. If those of the hidden layers are equal while the readout is frozen,
/// it acts in the readout only. If they are equal with (2 a, b / 2) in place of (a, b), only the product of the two
/// matters. Settings that change the data, the order or the length of training instead of a step (width, batch, epochs,
/// shuffle, ...) are assumed to matter, and so is every setting of a condition with a custom rule.
std::vector<DeadSetting> dead_settings(const StudyPlan& plan);

/// Whether a few steps of a small network on given images can show what a setting does.
bool shows_in_a_step(const Setting& setting);

/// The settings of a small network in which to try one setting: rates that are not 0 are large enough that rounding
/// hides no effect. Settings with equal contexts need only one trial.
Settings trial_context(const Settings& settings, const Setting& setting);

/// Whether all weights after three steps in this context are bitwise equal for all tried values of the setting: for
/// numbers, two trial values, and 0 if it is among `values`; for everything else, all `values`.
bool does_nothing(const Settings& context, const Setting& setting, std::span<const SettingValue> values);

}  // namespace chandelier

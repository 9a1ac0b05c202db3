// Settings that vary in a plan but cannot matter: found by trying, not by a list of rules, so that what is new in
// circuits and updates is judged as it is.

#pragma once

#include <span>
#include <string>
#include <vector>

#include "studies/study_plan.hpp"
#include "training/setting_list.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// How little a setting does in a condition.
enum class Effect {
  none,          ///< no weight of the network depends on it
  readout_only,  ///< no weight of a hidden layer does, but through the readout
  product,       ///< in hidden layers only its product with `partner` matters
};

struct DeadSetting {
  std::string condition;
  std::string key;
  Effect effect;
  std::string partner;  ///< of a product
};

/// Of each condition of the plan, the settings that are drawn for it and do less than they seem to.
///
/// A small network of the condition takes three steps on random images with two values of the setting. If all weights
/// are equal to the bit, it does nothing there. If those of the hidden layers are while the readout is kept as it was,
/// it acts in the readout alone. If they are with (2 a, b / 2) in place of (a, b), only the product of the two matters.
/// What changes the data, the order or the length of training rather than a step (width, batch, epochs, shuffle, ...)
/// is taken to matter, and so is everything where a rule is one's own.
std::vector<DeadSetting> dead_settings(const StudyPlan& plan);

/// Whether a few steps of a small network on given images can show what a setting does.
bool shows_in_a_step(const Setting& setting);

/// A small network of these settings in which to try one setting: rates that are not 0 are large enough that no effect
/// is lost in rounding. Settings with equal contexts need one trial.
Settings trial_context(const Settings& settings, const Setting& setting);

/// Whether all weights after three steps in this context are equal to the bit whatever value the setting has: of
/// numbers, two of their own and 0 where it is among `values`; of others, all `values`.
bool does_nothing(const Settings& context, const Setting& setting, std::span<const SettingValue> values);

}  // namespace chandelier

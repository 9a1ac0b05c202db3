// The one registry: every circuit, normalization, feedback and luminosity model by its name (condition presets, which
// combine them, stand in conditions.hpp). A new one is a line in registry.cpp.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "circuits/circuit.hpp"
#include "circuits/initialization.hpp"
#include "learning/hidden_layer.hpp"
#include "luminosity/luminosity.hpp"
#include "normalization/activity_normalization.hpp"
#include "normalization/error_normalization.hpp"
#include "training/settings.hpp"

namespace chandelier {

// The names of what there is; those of circuits, normalizations and luminosity models grow with the rules of one's own.
std::span<const std::string_view> circuit_names();
std::span<const std::string_view> activity_norm_names();
std::span<const std::string_view> error_norm_names();
std::span<const std::string_view> error_part_names();
std::span<const std::string_view> error_acts_on_names();
std::span<const std::string_view> error_divide_names();
std::span<const std::string_view> error_route_names();
std::span<const std::string_view> feedback_names();
std::span<const std::string_view> luminosity_names();
std::span<const std::string_view> initialization_names();
std::span<const std::string_view> update_names();
std::span<const std::string_view> precision_names();

/// What is known of a circuit by its name. @throws Bug for a name that is no circuit.
CircuitTraits circuit_traits(std::string_view circuit);

// Factories. @throws Bug for a name that is not in the registry (settings have been checked before).

/// The circuit of a hidden layer. @param layer number of the layer from below
std::unique_ptr<Circuit> make_circuit(const Settings& settings, const LayerSize& size, std::uint32_t layer = 0);

/// @param n units of the layer  @param capacity the largest batch
std::unique_ptr<ActivityNormalization> make_activity_norm(std::string_view name, Index n, Index capacity);

/// What an error normalization may need of its layer.
struct ErrorNormPlace {
  Index n = 0;                                           ///< units of the layer
  Index capacity = 0;                                    ///< the largest batch
  std::uint32_t layer = 0;                               ///< number of the layer from below
  const ActivityNormalization* activity_norm = nullptr;  ///< of the same layer, which outlives the result
};
std::unique_ptr<ErrorNormalization> make_error_norm(const Settings& settings, const ErrorNormPlace& place);

ErrorActsOn error_acts_on(const Settings& settings);

/// What a hidden layer's feedback may need of the network.
struct FeedbackPlace {
  std::uint32_t layer = 0;  ///< number of the layer that receives, from below
  Index n = 0;              ///< its units
  const Circuit& above;     ///< the next layer; like the readout, it outlives the result
  const Circuit& readout;
};
std::unique_ptr<Feedback> make_feedback(const Settings& settings, const FeedbackPlace& place);

ExcitatoryDistribution initial_distribution(const Settings& settings);

std::unique_ptr<Luminosity> make_luminosity(const Settings& settings);

// Rules of one's own: of a program that uses Chandelier as a library. From then on they are used by name like any
// other; the same name given again replaces the rule for what is made afterwards. Measures: training/measure_table.hpp.
// @throws SettingError when the name is one of Chandelier's, or not a word of small letters, digits, - and _.

void add_circuit(
    std::string_view name, const CircuitTraits& traits,
    std::function<std::unique_ptr<Circuit>(const Settings& settings, const LayerSize& size, std::uint32_t layer)> make);
void add_activity_norm(std::string_view name,
                       std::function<std::unique_ptr<ActivityNormalization>(Index n, Index capacity)> make);
void add_error_norm(
    std::string_view name,
    std::function<std::unique_ptr<ErrorNormalization>(const Settings& settings, const ErrorNormPlace& place)> make);
void add_luminosity(std::string_view name, std::function<std::unique_ptr<Luminosity>(const Settings& settings)> make);
/// Names that are Chandelier's own: of error normalizations, those that conditions are made of.
std::span<const std::string_view> known_error_norm_names();
std::span<const std::string_view> known_circuit_names();

/// A rule of one's own by its name.
struct RuleName {
  std::string kind;  ///< circuit, activity_norm, error_norm, luminosity or measure
  std::string name;
  bool inhibition = false;  ///< of a circuit
  bool operator==(const RuleName&) const = default;
};
/// All that can be made here.
std::vector<RuleName> own_rules();

/// A rule is asked for of which only the name is known here.
class RuleElsewhere : public SettingError {
 public:
  using SettingError::SettingError;
};
/// Makes a name known whose rule is elsewhere, so that settings can name it; a rule that is here stays.
/// @param where what the sentence says of a rule that is asked for: "is written in Python"
void know_rule(const RuleName& rule, const std::string& where);

/// Whether a circuit, a normalization or the luminosity is one's own.
bool names_own_rule(const Settings& settings);
bool names_own_luminosity(const Settings& settings);

}  // namespace chandelier

// The registry: every circuit, normalization, feedback and luminosity model by name. Condition presets, which combine
// them, are in conditions.hpp. To add a new one, add a line to registry.cpp.

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

// All names. For circuits, normalizations and luminosity models, they include custom rules.
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

/// The traits of a circuit. @throws Bug if there is no circuit of this name.
CircuitTraits circuit_traits(std::string_view circuit);

// Factories. @throws Bug for a name that is not in the registry (settings have been checked before).

/// The circuit of a hidden layer. @param layer  number of the layer, counted from below
std::unique_ptr<Circuit> make_circuit(const Settings& settings, const LayerSize& size, std::uint32_t layer = 0);

/// @param n  units of the layer  @param capacity  the largest batch
std::unique_ptr<ActivityNormalization> make_activity_norm(std::string_view name, Index n, Index capacity);

/// What an error normalization may need to know about its layer.
struct ErrorNormPlace {
  Index n = 0;                                           ///< units of the layer
  Index capacity = 0;                                    ///< the largest batch
  std::uint32_t layer = 0;                               ///< number of the layer, counted from below
  const ActivityNormalization* activity_norm = nullptr;  ///< of the same layer; must outlive the result
};
std::unique_ptr<ErrorNormalization> make_error_norm(const Settings& settings, const ErrorNormPlace& place);

ErrorActsOn error_acts_on(const Settings& settings);

/// What the feedback of a hidden layer may need to know about the network.
struct FeedbackPlace {
  std::uint32_t layer = 0;  ///< number of the receiving layer, counted from below
  Index n = 0;              ///< its units
  const Circuit& above;     ///< the next layer; like the readout, it must outlive the result
  const Circuit& readout;
};
std::unique_ptr<Feedback> make_feedback(const Settings& settings, const FeedbackPlace& place);

ExcitatoryDistribution initial_distribution(const Settings& settings);

std::unique_ptr<Luminosity> make_luminosity(const Settings& settings);

// Custom rules, added by a program that uses Chandelier as a library. From then on they are used by name like any
// other. Adding a name again replaces the rule for everything made afterwards. For measures, see
// training/measure_table.hpp.
// @throws SettingError if the name is built in, or not made of lowercase letters, digits, - and _.

void add_circuit(
    std::string_view name, const CircuitTraits& traits,
    std::function<std::unique_ptr<Circuit>(const Settings& settings, const LayerSize& size, std::uint32_t layer)> make);
void add_activity_norm(std::string_view name,
                       std::function<std::unique_ptr<ActivityNormalization>(Index n, Index capacity)> make);
void add_error_norm(
    std::string_view name,
    std::function<std::unique_ptr<ErrorNormalization>(const Settings& settings, const ErrorNormPlace& place)> make);
void add_luminosity(std::string_view name, std::function<std::unique_ptr<Luminosity>(const Settings& settings)> make);
/// Built-in names; those of error normalizations are the ones that conditions are made from.
std::span<const std::string_view> known_error_norm_names();
std::span<const std::string_view> known_circuit_names();

/// A custom rule by its name.
struct RuleName {
  std::string kind;  ///< circuit, activity_norm, error_norm, luminosity or measure
  std::string name;
  bool inhibition = false;  ///< whether a circuit has inhibition
  bool operator==(const RuleName&) const = default;
};
/// All custom rules that are available in this process.
std::vector<RuleName> own_rules();

/// A rule is needed of which only the name is known in this process.
class RuleElsewhere : public SettingError {
 public:
  using SettingError::SettingError;
};
/// Registers the name of a rule that is not available in this process, so that settings can name it. A rule that is
/// available stays.
/// @param where  the end of the error message when the rule is needed: "is written in Python"
void know_rule(const RuleName& rule, const std::string& where);

/// Whether a circuit, a normalization or the luminosity model is a custom rule.
bool names_own_rule(const Settings& settings);
bool names_own_luminosity(const Settings& settings);

}  // namespace chandelier

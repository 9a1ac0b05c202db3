// Conditions: named combinations of circuit, activity normalization and error normalization.

#pragma once

#include <span>
#include <string_view>

namespace chandelier {

struct Condition {
  std::string_view id;
  std::string_view circuit;
  std::string_view activity_norm;  ///< `none` if inhibition normalizes
  std::string_view error_norm;
  std::string_view summary;  ///< one phrase
};

/// The twelve of the paper, then the others. Every error normalization of the registry has one, `inorm-<name>`.
std::span<const Condition> conditions();
/// Their ids, in the same order.
std::span<const std::string_view> condition_ids();

/// @throws SettingError with the closest id as a suggestion.
const Condition& find_condition(std::string_view id);
/// The id of the condition that combines these three, or empty.
std::string_view condition_of(std::string_view circuit, std::string_view activity_norm, std::string_view error_norm);

}  // namespace chandelier

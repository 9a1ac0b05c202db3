#include "training/conditions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/suggestion.hpp"

namespace chandelier {
namespace {

constexpr std::array all_conditions{
    // The paper's
    Condition{"ei", "ei", "none", "own", "E-I, no normalization"},
    Condition{"ei-ln", "ei", "layer", "own", "E-I with layer normalization"},
    Condition{"ei-ln-forward", "ei", "layer", "none", "E-I with layer normalization of activity only"},
    Condition{"e-ln", "e", "layer", "own", "excitation with layer normalization (LN+, the reference)"},
    Condition{"e-ln-forward", "e", "layer", "none", "excitation with layer normalization of activity only"},
    Condition{"inorm", "inorm", "none", "none", "inhibition normalizes activity only"},
    Condition{"inorm-sub", "inorm-sub", "none", "none", "inhibition centres activity only"},
    Condition{"inorm-full", "inorm", "none", "full", "inhibition normalizes activity and errors"},
    Condition{"inorm-center", "inorm", "none", "center", "inhibition normalizes activity and centres errors"},
    Condition{"inorm-scale", "inorm", "none", "scale", "inhibition normalizes activity and scales errors"},
    Condition{"inorm-decorrelate", "inorm", "none", "decorrelate",
              "inhibition normalizes activity and decorrelates errors from it"},
    Condition{"inorm-lateral", "inorm", "none", "lateral",
              "inhibition normalizes activity; random lateral inhibition of errors"},
    // Outside the paper
    Condition{"e", "e", "none", "own", "excitation only"},
    Condition{"ei-mean", "ei", "mean", "own", "E-I with centred activity"},
    Condition{"ei-variance", "ei", "variance", "own", "E-I with activity scaled to unit variance"},
    Condition{"ei-mean-forward", "ei", "mean", "none", "E-I with centred activity, errors left alone"},
    Condition{"ei-variance-forward", "ei", "variance", "none", "E-I with scaled activity, errors left alone"},
    Condition{"inorm-sub-center", "inorm-sub", "none", "center", "inhibition centres activity and errors"},
    Condition{"inorm-jacobian", "inorm", "none", "jacobian",
              "inhibition normalizes activity; errors pass layer normalization's exact Jacobian"},
    Condition{"ei-error-center", "ei", "none", "center", "E-I that centres errors but not activity"},
    Condition{"ei-error-full", "ei", "none", "full", "E-I that normalizes errors but not activity"},
};

constexpr auto all_ids = [] {
  std::array<std::string_view, all_conditions.size()> ids;
  std::transform(all_conditions.begin(), all_conditions.end(), ids.begin(), [](const Condition& c) { return c.id; });
  return ids;
}();

}  // namespace

std::span<const Condition> conditions() { return all_conditions; }
std::span<const std::string_view> condition_ids() { return all_ids; }

const Condition& find_condition(std::string_view id) {
  const auto found = std::find_if(all_conditions.begin(), all_conditions.end(),
                                  [&](const Condition& condition) { return condition.id == id; });
  if (found != all_conditions.end()) return *found;
  throw SettingError(
      fmt::format("'{}' is not a condition (one of {}){}", id, fmt::join(all_ids, ", "), did_you_mean(id, all_ids)));
}

std::string_view condition_of(std::string_view circuit, std::string_view activity_norm, std::string_view error_norm) {
  for (const Condition& condition : all_conditions) {
    if (condition.circuit == circuit && condition.activity_norm == activity_norm &&
        condition.error_norm == error_norm) {
      return condition.id;
    }
  }
  return {};
}

}  // namespace chandelier

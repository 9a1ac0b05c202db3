#include "training/conditions.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/suggestion.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

constexpr std::array kNamed{
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
    Condition{"ei-mean-forward", "ei", "mean", "none", "E-I with centred activity, errors not normalized"},
    Condition{"ei-variance-forward", "ei", "variance", "none", "E-I with scaled activity, errors not normalized"},
    Condition{"inorm-sub-center", "inorm-sub", "none", "center", "inhibition centres activity and errors"},
    Condition{"ei-error-center", "ei", "none", "center", "E-I that centres errors but not activity"},
    Condition{"ei-error-full", "ei", "none", "full", "E-I that normalizes errors but not activity"},
};

bool has_name(std::string_view error_norm) {
  return error_norm == "own" ||  // not possible with I-Norm
         std::ranges::any_of(kNamed,
                             [&](const Condition& c) { return c.circuit == "inorm" && c.error_norm == error_norm; });
}

/// The named conditions, plus I-Norm with each error normalization of the registry that none of them uses.
class AllConditions {
 public:
  AllConditions() : conditions(kNamed.begin(), kNamed.end()) {
    for (const std::string_view error_norm : known_error_norm_names()) {
      if (has_name(error_norm)) continue;
      const auto& [id, summary] =
          texts_.emplace_back(fmt::format("inorm-{}", error_norm),
                              fmt::format("inhibition normalizes activity; error normalization {}", error_norm));
      conditions.push_back({id, "inorm", "none", error_norm, summary});
    }
    for (const Condition& condition : conditions) ids.push_back(condition.id);
  }

  std::vector<Condition> conditions;
  std::vector<std::string_view> ids;

 private:
  std::deque<std::pair<std::string, std::string>> texts_;  ///< ids and summaries that the conditions refer to
};

const AllConditions& all() {
  static const AllConditions all;
  return all;
}

}  // namespace

std::span<const Condition> conditions() { return all().conditions; }
std::span<const std::string_view> condition_ids() { return all().ids; }

const Condition& find_condition(std::string_view id) {
  const auto found = std::ranges::find(conditions(), id, &Condition::id);
  if (found != conditions().end()) return *found;
  const auto ids = condition_ids();
  throw SettingError(
      fmt::format("'{}' is not a condition; choose one of {}{}", id, fmt::join(ids, ", "), did_you_mean(id, ids)));
}

std::string_view condition_of(std::string_view circuit, std::string_view activity_norm, std::string_view error_norm) {
  for (const Condition& condition : conditions()) {
    if (condition.circuit == circuit && condition.activity_norm == activity_norm &&
        condition.error_norm == error_norm) {
      return condition.id;
    }
  }
  return {};
}

}  // namespace chandelier

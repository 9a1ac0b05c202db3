// Which units of a comparison are independent: two that share a run are not, nor are those that a chain of shared runs
// links.

#pragma once

#include <compare>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "studies/study_run.hpp"

namespace chandelier {

/// A run that counts: what repeats it is it.
struct CountedRun {
  std::string condition;
  double epsilon;
  RunNumber number;
  auto operator<=>(const CountedRun&) const = default;  // NOLINT(modernize-use-nullptr): the check sees a 0 in it
};

/// The connected components of units that share runs. @param runs_of  of each unit
/// @returns of each unit the first one of its component
std::vector<std::size_t> independent_units(std::span<const std::set<CountedRun>> runs_of);

}  // namespace chandelier

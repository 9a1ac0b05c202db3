// Finds the independent units of a comparison. Units that share a run are not independent, nor are units linked by a
// chain of shared runs.

#pragma once

#include <compare>
#include <cstddef>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "studies/study_run.hpp"

namespace chandelier {

/// A run that counts. Runs that repeat it are represented by it.
struct CountedRun {
  std::string condition;
  double epsilon;
  RunNumber number;
  auto operator<=>(const CountedRun&) const = default;  // NOLINT(modernize-use-nullptr): the check sees a 0 in it
};

/// The connected components of units that share runs. @param runs_of  the runs of each unit
/// @returns for each unit, the first unit of its component
std::vector<std::size_t> independent_units(std::span<const std::set<CountedRun>> runs_of);

}  // namespace chandelier

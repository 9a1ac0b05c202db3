// The order in which the runs of a study begin.

#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "studies/study_plan.hpp"

namespace chandelier {

/// Sorts runs by seed and draw, in the order of the plan, so that an interrupted study has complete comparisons. Within
/// one seed and draw the longest runs come first, so that none of them is left over at the end.
/// @param which   runs of the plan, by their positions in it
/// @param length  of such a run, in any unit
std::vector<std::size_t> order_of_runs(const StudyPlan& plan, std::vector<std::size_t> which,
                                       const std::function<double(std::size_t)>& length);

}  // namespace chandelier

// In which order the runs of a study are begun.

#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "studies/study_plan.hpp"

namespace chandelier {

/// Seed by seed and draw by draw as the plan has them, so that an interrupted study has whole comparisons; among the
/// runs of one seed and draw the longest first, so that none of them is left over at the end.
/// @param which   some runs of the plan, by their places in it
/// @param length  of such a run, in any unit
std::vector<std::size_t> order_of_runs(const StudyPlan& plan, std::vector<std::size_t> which,
                                       const std::function<double(std::size_t)>& length);

}  // namespace chandelier

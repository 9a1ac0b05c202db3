// The differences between a plan and the previous plan of a study.

#pragma once

#include <string>

#include "studies/study_plan.hpp"

namespace chandelier {

/// "1 run is new, 2 runs are no longer in it, epochs 1 -> 2 (4 runs), lr 0.005 -> 0.01 (2 runs)"; empty if the same
/// runs have the same settings.
std::string plan_change(const StudyPlan& before, const StudyPlan& now);

}  // namespace chandelier

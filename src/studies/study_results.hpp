// What came out of the runs of a study, read from their folders.

#pragma once

#include <filesystem>
#include <vector>

#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// What stands in the folder of a run of a study.
StudyResult study_result(const StudyRun& run, const std::filesystem::path& study_folder);

/// The same of every run of the plan, in its order.
std::vector<StudyResult> study_results(const StudyPlan& plan, const std::filesystem::path& study_folder);

}  // namespace chandelier

// The folder of a study before anything runs in it: whether it is this study's, what stands there, and its plan.

#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "studies/datasets.hpp"
#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// Makes a folder that of a study: writes its plan there, and keeps the plan before it where that was another.
/// @param worker  the id of this process in the leases of the study; empty where it has none
/// @param note  told what is left out, and how the plan has changed
/// @returns what stands there of every run, as `result_in` says it.
/// @throws before anything is changed: SettingError when all runs of the folder belong to another plan, another process
///   works on it by another plan, or its rules are not those of the plan; DataError when they belong to other data, or
///   it is no study's folder.
std::vector<StudyResult> open_study(const StudyPlan& plan, const Datasets& datasets,
                                    const std::filesystem::path& folder, const std::string& worker,
                                    const std::function<void(const std::string&)>& note);

/// What stands in a run's folder; of other settings or other data it is "left out".
StudyResult result_in(const std::filesystem::path& study_folder, const StudyRun& run, const Dataset& dataset);

}  // namespace chandelier

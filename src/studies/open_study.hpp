// Opens the folder of a study before anything runs in it: checks it, reads its results and writes the plan.

#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "studies/datasets.hpp"
#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// Prepares the folder of a study: writes the plan, and keeps the previous one if it was different.
/// @param worker  the id of this process in the leases of the study; empty if it has none
/// @param note  called with messages on runs that are left out and on changes of the plan
/// @returns the result of every run, as `result_in` does.
/// @throws before anything is changed: SettingError if all runs in the folder belong to another plan, another process
///   is running a different plan in it, or its rules are not those of the plan; DataError if the runs belong to other
///   data, or it is not the folder of a study.
std::vector<StudyResult> open_study(const StudyPlan& plan, const Datasets& datasets,
                                    const std::filesystem::path& folder, const std::string& worker,
                                    const std::function<void(const std::string&)>& note);

/// The result in the folder of a run; "left out" if it has other settings or other data.
StudyResult result_in(const std::filesystem::path& study_folder, const StudyRun& run, const Dataset& dataset);

}  // namespace chandelier

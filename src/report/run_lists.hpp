// Lists of the runs that diverged, collapsed, have no outcome or repeat another run.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "studies/study_run.hpp"

namespace chandelier {

enum class Named { every_run, those_without_outcome };

/// The runs that diverged, collapsed, have no outcome (missing, running, stopped, failed, left out) or repeat another,
/// with counts and reasons. Empty if all runs finished.
/// @param named  whether diverged and collapsed runs are named one by one
std::string lists_of_runs(std::span<const StudyResult> results, Named named = Named::every_run);

/// A copy of the results in which these runs have another status and reason, and no accuracy.
std::vector<StudyResult> with_status(std::span<const StudyResult> results, std::span<const StudyResult> replaced);

/// The results of each data set, in the order of the results. Nothing is pooled over data sets.
std::vector<std::pair<std::string, std::vector<StudyResult>>> by_data_set(std::span<const StudyResult> results);

}  // namespace chandelier

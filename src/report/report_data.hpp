// Everything that the report of a study says, as one JSON: what `chandelier report --json` prints and the page shows.

#pragma once

#include <filesystem>
#include <span>

#include "report/figure_parts.hpp"
#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// Of one study:
///
///   study      name, notes, folder, the plan to the letter, conditions with what they stand for
///   made       version and commit of this program, time (UTC)
///   progress   runs by status, `complete`, and the same in a sentence
///   machines   versions, commits and machines that the runs come from
///   data_sets  for each: `claims` (`claims_json`) and their `summary`, `untested` claims, `units` (what n counts),
///              `differences` (`comparisons`, of the plan or of the claims), `table` (the text of `study table
///              --all-tests`), `figures`, `settings` that all runs share, `varied` settings, `runs` (columns and rows,
///              the run's number its row) and `series` over epochs of each run
///   problems   a sentence on each file that could not be read
///
/// Numbers are as `statistics/` gives them; what is undefined is null. Series are rounded to 4
/// significant digits, accuracies to 5.
/// A run without an outcome is in no number; whatever stands in it is never an error.
/// @param folder  of the study
Json report_data(const StudyPlan& plan, const std::filesystem::path& folder, std::span<const StudyResult> results);

}  // namespace chandelier

// The contents of a study's report as JSON: printed by `chandelier report --json` and shown by the page.

#pragma once

#include <filesystem>
#include <span>

#include "report/figure_parts.hpp"
#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// The report of a study:
///
///   study      name, notes, folder, the exact text of the plan, whether it declares differences
///   made       version and commit of this program, time (UTC)
///   progress   runs by status, `complete`, and the same as a sentence
///   machines   versions, commits and machines that made the runs
///   data_sets  for each: `conditions` with what they stand for, `claims` (`claims_json`) and their `summary`,
///              `untested` claims, `units` (what n counts), `differences` (`comparisons`, of the plan or the claims),
///              `table` (the text of `study table --all-tests`), `figures`, `settings` that all runs share, `varied`
///              settings, `runs` (columns and rows; a run's number is its row) and `series` over epochs of each run
///   problems   one sentence on each file that could not be read
///
/// Numbers are those of `statistics/`. Undefined values are null. Series are rounded to 4 significant digits,
/// accuracies to 5. Runs without an outcome are in no number, and unreadable files in them are never an error.
/// @param folder  folder of the study
Json report_data(const StudyPlan& plan, const std::filesystem::path& folder, std::span<const StudyResult> results);

/// The same from tables of runs (`read_run_tables`), without the figures that need more than the last epoch of a run.
Json report_data(const StudyPlan& plan, std::span<const std::filesystem::path> tables);

}  // namespace chandelier

// The results of a study from the table that `chandelier export` writes (runs.csv), without the folders of its runs.

#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "studies/recorded_run.hpp"
#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// The runs of a plan, in its order.
struct TabulatedRuns {
  std::vector<StudyResult> results;
  std::vector<RecordedRun> recorded;  ///< one for each result; its only metrics are those of the last epoch
};

/// The results of every run of a plan, as `study_results` gives them, from one or more tables. A run without a result
/// in one table may have it in another; one that has other settings than in the plan is left out.
/// @throws DataError naming the file and the run or column of a value that cannot be understood; also if a run has
///   different results in two rows.
TabulatedRuns read_run_tables(const StudyPlan& plan, std::span<const std::filesystem::path> files);

/// The records of a CSV file (RFC 4180): fields may be quoted. @throws DataError for a quote that is not closed
std::vector<std::vector<std::string>> csv_records(const std::string& text, const std::string& origin);

}  // namespace chandelier

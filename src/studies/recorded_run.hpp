// What a run has recorded beyond its result: its origin, and its measures at each epoch.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "studies/metric_rows.hpp"
#include "studies/study_run.hpp"
#include "training/run_record.hpp"

namespace chandelier {

struct RecordedRun {
  std::optional<RunRecord> record;
  MetricRows metrics;  ///< empty if there are none yet
};

/// Reads it from the folder of the run. Nothing is read for runs that are missing, repeat another or are left out, as
/// their folders may not belong to the plan.
/// @param problems  receives a sentence if a file cannot be read
RecordedRun recorded_run(const StudyResult& result, const std::filesystem::path& study_folder,
                         std::vector<std::string>& problems);

}  // namespace chandelier

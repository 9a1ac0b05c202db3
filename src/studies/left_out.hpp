// Run folders that do not match the plan. They are never changed, but reported and left out; all others are used.

#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "studies/metric_rows.hpp"
#include "studies/study_run.hpp"
#include "training/run_record.hpp"

namespace chandelier {

struct LeftOut {
  ExitCode code;    ///< exit code of an error that reports it
  std::string why;  ///< names the folder and, if settings differ, the first of them with both values
};

/// Why the folder of a run of the plan cannot be used: it has a run with other settings, an invalid config.toml, or
/// something else, or it is a file. None if the folder matches or does not exist yet.
std::optional<LeftOut> why_left_out(const StudyRun& run, const std::filesystem::path& study_folder);

/// Why a run that has finished according to its record does not count: one of its files is missing, or the accuracy in
/// the record is not that of the last row of metrics.csv. None if it is intact or has not finished.
/// @param last  receives that row if the run has finished
std::optional<std::string> why_damaged(const std::filesystem::path& run_folder, const RunRecord& record,
                                       MetricRows& last);

}  // namespace chandelier

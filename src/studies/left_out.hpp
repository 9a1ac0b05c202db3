// Run folders that are not what the plan says. They are never touched: they are named and left out, and the rest is
// used.

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
  ExitCode code;    ///< of an error that says so
  std::string why;  ///< names the folder and, where settings differ, the first of them with both values
};

/// Whether something else stands where a run of the plan has its folder: a run of other settings, a config.toml that
/// cannot be understood, a file, a folder of something else. Nothing where there is no such folder yet.
std::optional<LeftOut> why_left_out(const StudyRun& run, const std::filesystem::path& study_folder);

/// Why a run whose record says that it has finished does not count: one of its files is missing, or the record does not
/// say the accuracy that the last row of metrics.csv says. Nothing where it is whole, or has not finished.
/// @param last  gets that row, where the run has finished
std::optional<std::string> why_damaged(const std::filesystem::path& run_folder, const RunRecord& record,
                                       MetricRows& last);

}  // namespace chandelier

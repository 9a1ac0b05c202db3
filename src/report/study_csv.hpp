// A study as tidy CSV tables for other programs (RFC 4180: fields with a comma, quote or line break are quoted).

#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "studies/study_run.hpp"

namespace chandelier {

/// A text as a CSV field, quoted if necessary.
std::string csv_field(const std::string& text);

/// The columns of both tables that are texts, even if their cells look otherwise ("10", "NA").
std::vector<std::string> study_csv_texts();

/// The tables of `study_csv`, and a sentence on every run with an unreadable file.
struct StudyCsv {
  std::string epochs, runs;
  std::vector<std::string> problems;
};

/// Writes two tables. Both begin with `run` (its folder in the study), `condition` (as named in the plan), `data_set`
/// (as recorded by the run), `draw` and `status`, then every setting except `condition`, whose three parts are settings
/// too. Further columns are:
///
///   epochs  (one row per run and epoch) every column of any run's metrics.csv; empty where a run lacks it
///   runs    (one row per run of the plan, also for missing ones) `epochs_done`, `run_seconds`, `host`, `cpu`,
///           `version`, `commit`, `started`, `ended`, `message`, `repeats` (the run that counts instead), `collapsed`,
///           and the metrics of the last epoch as `last_<column>`
///
/// @param folder  folder of the study
StudyCsv study_csv(std::span<const StudyResult> results, const std::filesystem::path& folder);

}  // namespace chandelier

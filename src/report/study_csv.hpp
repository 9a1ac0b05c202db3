// A study as tidy tables for other programs (RFC 4180: what has a comma, a quote or a line break stands in quotes).

#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "studies/study_run.hpp"

namespace chandelier {

/// One text as a field of a CSV line, quoted where it must be.
std::string csv_field(const std::string& text);

/// The columns of both tables that are texts, whatever their cells look like ("10", "NA").
std::vector<std::string> study_csv_texts();

/// The tables of `study_csv`, and a sentence on every run of which something could not be read.
struct StudyCsv {
  std::string epochs, runs;
  std::vector<std::string> problems;
};

/// Both tables begin with `run` (its folder in the study), `condition` (the plan's name of it), `data_set` (as the run
/// calls it), `draw` and `status`, then every setting but `condition`, whose three parts say the same.
///
///   epochs  a row a run and epoch: then every column of any run's metrics.csv, empty where a run has none
///   runs    a row a run of the plan, also those that are missing: then `epochs_done`, `run_seconds`, `host`, `cpu`,
///           `version`, `commit`, `started`, `ended`, `message`, and the last epoch's metrics as `last_<column>`
///
/// @param folder  of the study
StudyCsv study_csv(std::span<const StudyResult> results, const std::filesystem::path& folder);

}  // namespace chandelier

// The results of a study from the table that `chandelier export` writes (runs.csv), without the folders of its runs.

#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "studies/study_run.hpp"

namespace chandelier {

/// Reads one or more tables of the runs of one study. A run without a result in one table may have it in another.
/// @throws DataError naming the file, and the line and column of a value that cannot be understood; also if a
///   run has a result in two rows.
std::vector<StudyResult> read_run_tables(std::span<const std::filesystem::path> files);

/// The records of a CSV file (RFC 4180): fields may be quoted. @throws DataError for a quote that is not closed
std::vector<std::vector<std::string>> csv_records(const std::string& text, const std::string& origin);

}  // namespace chandelier

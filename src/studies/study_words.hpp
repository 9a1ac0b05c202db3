// Messages on a study while it runs, and at its end.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "studies/study_run.hpp"

namespace chandelier {

/// "12 runs, 3 of them already done"
std::string begin_in_words(std::size_t runs, std::size_t done);

/// "inorm-full         eps 0.75  seed 3", with data set and draw if the study has several.
std::string run_in_words(const StudyRun& run, bool several_draws);

/// "4/12  inorm-full ... test 84.20 %  (3.1 s)"
/// @param ended  how many of `runs` have ended, including this one
/// @param seconds  none if another process trained it
std::string end_in_words(const StudyResult& result, std::optional<double> seconds, bool several_draws,
                         std::size_t ended, std::size_t runs);

/// Whether every run has ended, was left out or has failed. Otherwise the study was stopped, or other processes have
/// the remaining runs.
bool is_complete(const std::vector<StudyResult>& results);

/// @throws DataError with the number of runs without a result, and the reason for the first.
void throw_unless_all_ended(const std::vector<StudyResult>& results);

}  // namespace chandelier

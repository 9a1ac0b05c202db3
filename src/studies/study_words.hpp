// What is said of a study while it runs, and at its end.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "studies/study_run.hpp"

namespace chandelier {

/// "12 runs, 3 of them done already"
std::string begin_in_words(std::size_t runs, std::size_t done);

/// "inorm-full         eps 0.75  seed 3"; data set and draw where the study has several.
std::string run_in_words(const StudyRun& run, bool several_draws);

/// "4/12  inorm-full ... test 84.20 %  (3.1 s)"
/// @param ended  of `runs`, this one included  @param seconds  none where another process trained it
std::string end_in_words(const StudyResult& result, std::optional<double> seconds, bool several_draws,
                         std::size_t ended, std::size_t runs);

/// Whether every run has come to an end, was left out or has failed: what is open was stopped, or others have it.
bool is_complete(const std::vector<StudyResult>& results);

/// @throws DataError naming how many runs have no result, and why the first has none.
void throw_unless_all_ended(const std::vector<StudyResult>& results);

}  // namespace chandelier

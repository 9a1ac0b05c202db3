// A study as text for a terminal: test accuracies, paired differences and the runs left out.

#pragma once

#include <span>
#include <string>

#include "studies/study_run.hpp"

namespace chandelier {

/// For each epsilon a row a condition (test accuracy after the last epoch in %: mean, sd, range, n) and a row a paired
/// difference (`condition_differences` at 95 %); then every run that did not finish, and the pairs it cost.
/// Columns keep to `text_width`; no colours.
std::string study_table(std::span<const StudyResult> results);

}  // namespace chandelier

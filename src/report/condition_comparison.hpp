// Compares two conditions of a study, as text for a terminal.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "statistics/comparison.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// The largest margin that `condition_comparison` is used with: ten percentage points.
inline constexpr double kLargestMargin = 0.1;

/// Compares `first` with `second`, for each data set. Prints the settings other than circuit and normalizations in
/// which they differ; a sentence on what the data show; their differences over all epsilons and at each (`comparisons`
/// at 95 %); equivalence within `margin` by two one-sided tests, adjusted by Holm at 5 % over the rows of a family;
/// divergence; and every run that diverged or has no outcome. Only equivalence is called "no difference", and the
/// margin is always stated.
/// @param margin  a fraction of the test images above 0, for example 0.005
/// @throws SettingError if the study lacks a condition (suggesting the nearest) or both are the same.
std::string condition_comparison(std::span<const StudyResult> results, std::string_view first, std::string_view second,
                                 double margin);

}  // namespace chandelier

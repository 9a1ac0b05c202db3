// Two conditions of a study against each other, as text for a terminal.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "statistics/comparison.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// Two one-sided tests of one row of a comparison.
struct WithinMargin {
  PairedDifference difference;  ///< with the interval of 90 %, alone
  double p = NAN, p_holm = NAN;
  bool shown = false;  ///< that the difference lies within the margin, at 5 % of the family
};

/// The same for each of the `comparisons` of two conditions; Holm's families are over all epsilons, and at each.
/// @param points  the margin, in percentage points, above 0
std::vector<WithinMargin> within_margin(std::span<const Comparison> rows, double points);

/// `first` against `second`, for each data set: the settings beside circuit and normalizations in which they
/// differ; a sentence on what was shown; their differences over all epsilons and
/// at each (`comparisons` at 95 %); whether they are equivalent within `margin` (a fraction of test images, as 0.005)
/// by two one-sided tests, adjusted by Holm at 5 % over the rows of a family; divergences; every run that diverged or
/// has no outcome. "No difference" is said of equivalence alone, and with the margin.
/// @param margin  above 0
/// @throws SettingError when a condition is not in the study (suggesting the nearest) or both are the same.
std::string condition_comparison(std::span<const StudyResult> results, std::string_view first, std::string_view second,
                                 double margin);

}  // namespace chandelier

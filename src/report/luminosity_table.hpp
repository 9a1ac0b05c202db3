// Where on the axis of luminosity the conditions differ.

#pragma once

#include <functional>
#include <span>
#include <string>

#include "studies/study_results.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// For each data set and epsilon a row a condition: accuracy in % on the test images in each of 8 bins of equal width
/// over the luminosities of the last epoch (d of `uniform`, g of `gain`, c of `contrast`), the mean over units.
/// Diverged runs count as chance. Where all luminosities are equal there is one bin. The bins are those of all runs
/// together. Runs whose predictions cannot be read are left out and named.
/// @param predictions  of a finished run; may throw DataError
std::string luminosity_table(std::span<const StudyResult> results,
                             const std::function<Predictions(const StudyResult&)>& predictions);

}  // namespace chandelier

// Where on the axis of luminosity the conditions differ.

#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "studies/study_results.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// What a run predicted; may throw DataError.
using PredictionsOf = std::function<Predictions(const StudyResult&)>;

/// One condition at one epsilon.
struct AccuracyByLuminosity {
  double epsilon;
  std::string condition;
  std::size_t n;                ///< units
  double low, high;             ///< of all bins together; equal where there is one bin
  std::vector<double> percent;  ///< in each bin, NaN where no image lies
};

/// Accuracy in % on the test images in each of 8 bins of equal width over the luminosities of the last epoch (d of
/// `uniform`, g of `gain`, c of `contrast`), the mean over units. Diverged runs count as chance. Where all luminosities
/// are equal there is one bin. The bins of an epsilon are those of all runs together.
/// @param results  of one data set
/// @param unreadable  gets the finished runs that are left out, with the reason
std::vector<AccuracyByLuminosity> accuracies_by_luminosity(std::span<const StudyResult> results,
                                                           const PredictionsOf& predictions,
                                                           std::vector<StudyResult>& unreadable);

/// The same as text, of each data set; runs whose predictions cannot be read are named.
std::string luminosity_table(std::span<const StudyResult> results, const PredictionsOf& predictions);

}  // namespace chandelier

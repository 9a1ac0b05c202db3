// Test accuracy by the luminosity of the image.

#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "studies/study_results.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// Gives the predictions of a run. May throw DataError.
using PredictionsOf = std::function<Predictions(const StudyResult&)>;

/// One condition at one epsilon.
struct AccuracyByLuminosity {
  double epsilon;
  std::string condition;
  std::size_t n;                ///< units
  double low, high;             ///< range of all bins; equal if there is a single bin
  std::vector<double> percent;  ///< accuracy in each bin, NaN for a bin without images
};

/// Accuracy in % on the test images in each of 8 bins of equal width over the luminosities of the last epoch (d of
/// `uniform`, g of `gain`, c of `contrast`), averaged over units. Diverged runs count at chance accuracy. If all
/// luminosities are equal, there is one bin. All runs at an epsilon share the same bins.
/// @param results  results of one data set
/// @param unreadable  receives the finished runs that are left out, with the reason
std::vector<AccuracyByLuminosity> accuracies_by_luminosity(std::span<const StudyResult> results,
                                                           const PredictionsOf& predictions,
                                                           std::vector<StudyResult>& unreadable);

/// The same as text, for each data set. Runs whose predictions cannot be read are listed.
std::string luminosity_table(std::span<const StudyResult> results, const PredictionsOf& predictions);

}  // namespace chandelier

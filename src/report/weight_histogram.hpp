// Distribution of the excitatory weights before and after learning: is it lognormal?

#pragma once

#include <cmath>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include "base/matrix.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// Histogram of log10 of the weights above zero.
struct WeightHistogram {
  std::vector<std::pair<double, double>> bins;  ///< centre and density, in steps of 0.1
  double mean = NAN, sd = NAN;
  /// sup |F(x) - Phi((x - mean)/sd)| of their distribution F (Lilliefors 1967): 0 if they are lognormal.
  double distance = NAN;
  double zero = NAN;  ///< share of weights at zero
};

WeightHistogram weight_histogram(std::span<const Real> weights);

/// Histograms of `hidden0.Wex` of a finished run: initial (the same in every circuit) and final weights.
/// @throws DataError naming the file of weights if it cannot be read or has no such matrix.
std::pair<WeightHistogram, WeightHistogram> weight_histograms(const std::filesystem::path& run_folder,
                                                              const Settings& settings);

}  // namespace chandelier

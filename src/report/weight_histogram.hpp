// Excitatory weights before and after learning: are they lognormal?

#pragma once

#include <cmath>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include "base/matrix.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// log10 of weights above zero.
struct WeightHistogram {
  std::vector<std::pair<double, double>> bins;  ///< middle and density, in steps of 0.1 from the first to the last
  double mean = NAN, sd = NAN;
  /// sup |F(x) - Phi((x - mean)/sd)| of their distribution F (Lilliefors 1967): 0 where they are lognormal.
  double distance = NAN;
  double zero = NAN;  ///< share of weights at zero
};

WeightHistogram weight_histogram(std::span<const Real> weights);

/// Of `hidden0.Wex` of a finished run: as it was initialized, which is the same in every circuit, and as it ended.
/// @throws DataError naming the file of weights when it cannot be read or has no such matrix.
std::pair<WeightHistogram, WeightHistogram> weight_histograms(const std::filesystem::path& run_folder,
                                                              const Settings& settings);

}  // namespace chandelier

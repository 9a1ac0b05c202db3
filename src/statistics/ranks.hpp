// Ranks with ties, for the rank tests.

#pragma once

#include <span>
#include <vector>

namespace chandelier {

struct Ranks {
  std::vector<double> ranks;  ///< 1 ... n in ascending order; equal values get the mean of their ranks (midranks)
  double tie_term = 0;        ///< sum of t^3 - t over the groups of t equal values; 0 without ties
};

/// Values are tied if they are bitwise equal. Differences of decimal fractions are often equal only up to rounding
/// (77.3 - 72.1 and 77.4 - 72.2): rank differences of whole numbers, such as counts of correct images, or round first.
Ranks ranks_of(std::span<const double> values);

}  // namespace chandelier

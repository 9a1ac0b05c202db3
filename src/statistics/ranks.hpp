// Ranks with ties, which the rank tests share.

#pragma once

#include <span>
#include <vector>

namespace chandelier {

struct Ranks {
  std::vector<double> ranks;  ///< 1 ... n in ascending order; equal values share the mean of their ranks (midranks)
  double tie_term = 0;        ///< sum of t^3 - t over the groups of t equal values; 0 without ties
};

/// Equal means equal in every bit. Differences of decimal fractions are often equal only up to rounding
/// (77.3 - 72.1 and 77.4 - 72.2): rank differences of whole numbers, as of images classified rightly, or round first.
Ranks ranks_of(std::span<const double> values);

}  // namespace chandelier

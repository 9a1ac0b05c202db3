// Paired samples: is the difference too small to matter?

#pragma once

#include <cmath>
#include <span>

#include "statistics/paired.hpp"

namespace chandelier {

struct Equivalence {
  PairedDifference difference;  ///< `low`, `high` of confidence 1 - 2 alpha; its own `p` is that of no difference
  double p = NAN;               ///< that the mean difference lies outside the margin
  bool equivalent = false;      ///< p < alpha; the same as -margin < low and high < margin
};

/// Two one-sided t tests (Schuirmann 1987) of d_i = a_i - b_i with mean, se and T_{n-1} as in `paired_difference`:
///
///   p = max(P(T_{n-1} > (mean + margin)/se), P(T_{n-1} < (mean - margin)/se))
///
/// The margin must be chosen before any result is seen. Not equivalent does not mean different: few pairs may show
/// neither. p is NaN where `paired_difference` has no interval. Assumes that the differences are independent and about
/// normal.
/// @param a, b  [n], pair by pair  @param margin  above 0, in the unit of a  @param alpha  above 0 and below 1/2
Equivalence equivalence(std::span<const double> a, std::span<const double> b, double margin, double alpha);

}  // namespace chandelier

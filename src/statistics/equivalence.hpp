// Equivalence test for paired samples: is the difference too small to matter?

#pragma once

#include <cmath>
#include <span>

#include "statistics/paired.hpp"

namespace chandelier {

struct Equivalence {
  PairedDifference difference;  ///< `low`, `high` at confidence 1 - 2 alpha; its `p` tests for no difference
  double p = NAN;               ///< tests that the mean difference lies outside the margin
  bool equivalent = false;      ///< p < alpha; the same as -margin < low and high < margin
};

/// Two one-sided t tests (Schuirmann 1987) of d_i = a_i - b_i with mean, se and T_{n-1} as in `paired_difference`:
///
///   p = max(P(T_{n-1} > (mean + margin)/se), P(T_{n-1} < (mean - margin)/se))
///
/// Choose the margin before you see any result. Not equivalent does not mean different: few pairs may show neither. p
/// is NaN if `paired_difference` has no interval. Assumes that the differences are independent and about normal.
/// @param a, b  [n], pair by pair  @param margin  above 0, in the unit of a  @param alpha  above 0 and below 1/2
Equivalence equivalence(std::span<const double> a, std::span<const double> b, double margin, double alpha);

}  // namespace chandelier

// Test for two independent samples: does one tend to have larger values?

#pragma once

#include <cmath>
#include <span>
#include <vector>

namespace chandelier {

struct MannWhitney {
  double U = NAN;      ///< of the first sample: pairs in which its value is larger; a tie counts 1/2
  double p = NAN;      ///< two-sided
  bool exact = false;  ///< otherwise by the normal approximation
  double most = NAN;   ///< m n, the largest U possible
};

/// The test of Mann and Whitney (1947) with x_1 ... x_m and y_1 ... y_n, N = m + n, two-sided:
///
///   U = #{x_i > y_j} + #{x_i = y_j}/2,   U* = max(U, mn - U)
///   exact:  p = min(1, 2 P(U >= U*)) under equally likely orders
///   normal: p = min(1, 2 P(Z >= (U* - mn/2 - 1/2)/s)),   s^2 = mn/12 (N + 1 - sum_ties (t^3 - t)/(N (N - 1)))
///
/// The test is exact if a sample has at most 8 values and no two values are equal, otherwise normal: the rules of
/// scipy.stats.mannwhitneyu(method="auto", use_continuity=True). If all values are equal, p is 1, as in SciPy.
///
/// U and p are NaN if a sample is empty or a value is not finite. Assumes independent, unpaired values. For paired runs
/// `wilcoxon` has more power. With ties the normal approximation is rough for samples of fewer than about 8.
MannWhitney mann_whitney(std::span<const double> x, std::span<const double> y);

/// P(U = k), k = 0 ... m n, for samples of m and n values without ties, by the recursion of Mann and Whitney (1947) on
/// which sample has the largest value. Takes time m^2 n^2.
std::vector<double> mann_whitney_distribution(int m, int n);

}  // namespace chandelier

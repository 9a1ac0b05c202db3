// Two independent samples: does one tend to larger values?

#pragma once

#include <cmath>
#include <span>
#include <vector>

namespace chandelier {

struct MannWhitney {
  double U = NAN;      ///< of the first sample: pairs in which it is the larger, a tie counts 1/2
  double p = NAN;      ///< two-sided
  bool exact = false;  ///< or by the normal approximation
  double most = NAN;   ///< m n, of which U is a part
};

/// The test of Mann and Whitney (1947) with x_1 ... x_m and y_1 ... y_n, N = m + n, two-sided:
///
///   U = #{x_i > y_j} + #{x_i = y_j}/2,   U* = max(U, mn - U)
///   exact:  p = min(1, 2 P(U >= U*)) under equally likely orders
///   normal: p = min(1, 2 P(Z >= (U* - mn/2 - 1/2)/s)),   s^2 = mn/12 (N + 1 - sum_ties (t^3 - t)/(N (N - 1)))
///
/// It is exact where a sample has at most 8 values and no two of all values are equal, normal elsewhere: the rules of
/// scipy.stats.mannwhitneyu(method="auto", use_continuity=True). Where all values are equal p is 1, as there.
///
/// U and p are NaN where a sample is empty or a value is not finite. Assumes independent values, none of them paired:
/// for paired runs `wilcoxon` has more power. With ties the normal approximation is rough for samples below about 8.
MannWhitney mann_whitney(std::span<const double> x, std::span<const double> y);

/// P(U = k), k = 0 ... m n, of samples of m and n values without ties, by the recursion of Mann and Whitney (1947) on
/// which sample has the largest value. Takes time m^2 n^2.
std::vector<double> mann_whitney_distribution(int m, int n);

}  // namespace chandelier

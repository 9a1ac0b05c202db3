// Test for paired samples: are the differences symmetric about zero?

#pragma once

#include <cmath>
#include <span>
#include <vector>

namespace chandelier {

struct Wilcoxon {
  int n = 0;             ///< differences other than 0
  double W_plus = NAN;   ///< sum of the ranks of |d| with d > 0
  double W_minus = NAN;  ///< sum of the ranks of |d| with d < 0; SciPy's statistic is the smaller of the two
  double p = NAN;        ///< two-sided
  bool exact = false;    ///< otherwise by the normal approximation
};

/// The signed-rank test (Wilcoxon 1945) of differences d_i. Zeros are left out (zero_method "wilcox" of SciPy), and the
/// remaining n values |d_i| are ranked:
///
///   W+ = sum of ranks with d_i > 0,   W- = n (n + 1)/2 - W+
///   exact:  p = min(1, 2 P(W >= max(W+, W-))) under equally likely signs
///   normal: p = 2 P(Z >= |W+ - n (n + 1)/4|/s),   s^2 = n (n + 1)(2n + 1)/24 - sum_ties (t^3 - t)/48
///
/// Exact means over all 2^n signs of the actual ranks, midranks included. The exact test is used up to 50 differences
/// if no two are equal in magnitude and none is 0, otherwise up to 20 remaining differences. Beyond that, the normal
/// approximation is used without a continuity correction (`correction=False`). These are the rules of
/// scipy.stats.wilcoxon(method="auto") except for ties and zeros: SciPy 1.10 does not check for ties in the exact case,
/// and uses the approximation with zeros at any n.
///
/// Everything except n is NaN if all differences are 0 or one is not finite. p is coarse for small n: the smallest is
/// 2^(1-n), above 5 % for n < 6. Assumes independent differences. See `ranks_of` on ties.
Wilcoxon wilcoxon(std::span<const double> d);

/// P(W+ = k), k = 0 ... n (n + 1)/2, for n differences without zeros and ties: each rank is in the sum with probability
/// 1/2.
std::vector<double> signed_rank_distribution(int n);

}  // namespace chandelier

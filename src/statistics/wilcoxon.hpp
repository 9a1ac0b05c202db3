// Paired samples: are the differences symmetric about zero?

#pragma once

#include <cmath>
#include <span>
#include <vector>

namespace chandelier {

struct Wilcoxon {
  int n = 0;             ///< differences other than 0
  double W_plus = NAN;   ///< sum of the ranks of |d| with d > 0
  double W_minus = NAN;  ///< sum of the ranks of |d| with d < 0; SciPy's statistic is the smaller of both
  double p = NAN;        ///< two-sided
  bool exact = false;    ///< or by the normal approximation
};

/// The signed-rank test (Wilcoxon 1945) of differences d_i; zeros are left out (zero_method "wilcox" of SciPy), n of
/// them remain, and |d_i| is ranked:
///
///   W+ = sum of ranks with d_i > 0,   W- = n (n + 1)/2 - W+
///   exact:  p = min(1, 2 P(W >= max(W+, W-))) under equally likely signs
///   normal: p = 2 P(Z >= |W+ - n (n + 1)/4|/s),   s^2 = n (n + 1)(2n + 1)/24 - sum_ties (t^3 - t)/48
///
/// Exact: all 2^n signs of the ranks that there are, midranks included. It is taken up to 50 differences where no two
/// are equal in magnitude and none is 0, and up to 20 that remain elsewhere; beyond, the normal approximation without a
/// continuity correction (`correction=False`). These are the rules of scipy.stats.wilcoxon(method="auto") but for ties
/// and zeros: SciPy 1.10 does not look for ties in the exact case, and approximates with zeros at any n.
///
/// All but n is NaN where no difference is other than 0 or one is not finite. p is coarse where n is small: the
/// smallest is 2^(1-n), above 5 % for n < 6. Assumes independent differences. On which differences are equal see
/// `ranks_of`.
Wilcoxon wilcoxon(std::span<const double> d);

/// P(W+ = k), k = 0 ... n (n + 1)/2, of n differences without zeros and ties: each rank is in the sum or not, with
/// probability 1/2.
std::vector<double> signed_rank_distribution(int n);

}  // namespace chandelier

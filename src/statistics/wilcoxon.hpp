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
/// It is exact where there are at most 50 differences, no two equal in magnitude and none 0; elsewhere normal, without
/// a continuity correction (`correction=False`). These are the rules that scipy.stats.wilcoxon(method="auto") states,
/// with one difference: SciPy 1.10 does not look for ties and rounds a sum of midranks down to a whole one, which is
/// the p of other data. With ties this is its method="approx".
///
/// All but n is NaN where no difference is other than 0 or one is not finite. p is coarse where n is small: the
/// smallest is 2^(1-n), above 5 % for n < 6. The normal approximation is rough for n < 10. Assumes independent
/// differences. On which differences are equal see `ranks_of`.
Wilcoxon wilcoxon(std::span<const double> d);

/// P(W+ = k), k = 0 ... n (n + 1)/2, of n differences without zeros and ties: each rank is in the sum or not, with
/// probability 1/2.
std::vector<double> signed_rank_distribution(int n);

}  // namespace chandelier

// Effect sizes that assume no shape of the distributions.

#pragma once

#include <cmath>
#include <span>

namespace chandelier {

/// Matched-pairs rank-biserial correlation (Kerby 2014) of differences: (W+ - W-)/(W+ + W-) with the rank sums of
/// `wilcoxon`. 1 if all differences are above zero, -1 if all are below. NaN if `wilcoxon` has no rank sums.
double matched_rank_biserial(std::span<const double> d);

/// Cliff's delta (Cliff 1993): (#{x_i > y_j} - #{x_i < y_j})/(m n) = 2U/(m n) - 1 with the U of `mann_whitney`. 1 if
/// every x is above every y, -1 if every x is below. NaN if U is.
double cliffs_delta(std::span<const double> x, std::span<const double> y);

/// A shift with its interval.
struct Shift {
  double estimate = NAN;
  double low = NAN, high = NAN;  ///< NaN if there are too few values for the requested confidence
  double confidence = NAN;       ///< actual confidence without ties; at least the requested one

  bool has_interval() const { return low <= high; }
};

/// Hodges-Lehmann shift (1963) of differences d_1 ... d_n: the median of the M = n (n + 1)/2 Walsh averages
/// (d_i + d_j)/2, i <= j.
///
/// The interval contains the shifts that the exact signed-rank test does not reject (Hollander, Wolfe and Chicken
/// 2014, section 3.3): with A_(1) <= ... <= A_(M) the averages and c the largest with P(W+ < c) <= (1 - confidence)/2,
///
///   low = A_(c),   high = A_(M + 1 - c),   reached: 1 - 2 P(W+ < c)
///
/// With fewer than 6 differences there is no c, and so no interval, at 95 %. Assumes independent differences, symmetric
/// about the shift. With ties the interval covers at least as often. Takes time n^3 and memory n^2. NaN for no values,
/// or if one is not finite.
/// @param confidence  above 0 and below 1
Shift hodges_lehmann(std::span<const double> d, double confidence);

/// The same for independent samples x_1 ... x_m and y_1 ... y_n: the median of the M = m n differences x_i - y_j, and
/// the interval of the exact Mann-Whitney test, with U instead of W+ (section 4.3 there). Assumes that x is
/// distributed as y plus a constant. With fewer than 4 and 4 values there is no interval at 95 %. Takes time m^2 n^2.
Shift hodges_lehmann(std::span<const double> x, std::span<const double> y, double confidence);

}  // namespace chandelier

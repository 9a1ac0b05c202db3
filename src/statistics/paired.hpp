// Paired comparison: n pairs of measurements that share everything except the condition.

#pragma once

#include <cmath>
#include <span>

namespace chandelier {

/// Mean; NaN for no values.
double sample_mean(std::span<const double> values);
/// Sample standard deviation, divisor n - 1; NaN for fewer than two values.
double sample_sd(std::span<const double> values);

/// A paired difference, in the unit of the measurements.
///
/// `low`, `high`, `p` and `dz` are NaN if no error can be estimated: with fewer than two pairs, or if all differences
/// are equal (up to rounding), for example because both conditions are at chance. Equal differences are no sign of
/// certainty, so p is not 0 then.
struct PairedDifference {
  int n = 0;                     ///< pairs
  double mean = NAN;             ///< of the differences; NaN for no pairs
  double sd = NAN;               ///< of the differences, divisor n - 1; NaN for fewer than two pairs
  double low = NAN, high = NAN;  ///< confidence interval of the mean difference
  double p = NAN;                ///< two-sided, for a mean difference of zero
  double dz = NAN;               ///< effect size, mean/sd
  int positive = 0;              ///< differences above zero

  bool has_interval() const { return low <= high; }
  bool above_zero() const { return low > 0; }
  bool below_zero() const { return high < 0; }
};

/// The paired t test (Student 1908) of d_i = a_i - b_i, i = 1 ... n:
///
///   mean = sum_i d_i / n,   sd^2 = sum_i (d_i - mean)^2 / (n - 1),   se = sd / sqrt(n)
///   interval: mean -+ t_{n-1}((1 + confidence)/2) se,   p = 2 P(T_{n-1} > |mean|/se),   dz = mean/sd
///
/// with T_{n-1} Student's t with n - 1 degrees of freedom and t_{n-1}(.) its quantile. dz is Cohen's effect size of a
/// paired difference (Cohen, Statistical Power Analysis for the Behavioral Sciences, 1988, section 2.3.5). Assumes
/// that the differences are independent and about normal.
/// @param a, b  [n], pair by pair  @param confidence  above 0 and below 1, for example 0.95
PairedDifference paired_difference(std::span<const double> a, std::span<const double> b, double confidence);

}  // namespace chandelier

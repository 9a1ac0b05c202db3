// Correction for several tests at once.

#pragma once

#include <span>
#include <vector>

namespace chandelier {

/// Adjusted p-values of the step-down test of Holm (1979) over a family of m, in the order given. With
/// p_(1) <= ... <= p_(m),
///
///   adjusted p_(i) = max_{j <= i} min(1, (m - j + 1) p_(j))
///
/// If you reject where the adjusted p is at most alpha, the probability of any wrong rejection in the family is at most
/// alpha, however the tests depend on each other. A p that is NaN (no test was possible) counts in m and stays NaN.
/// @throws Bug for a p outside 0 to 1
std::vector<double> holm_adjusted(std::span<const double> p);

/// The level of each of m intervals that hold simultaneously with `confidence`, by Bonferroni (Dunn 1961):
///
///   1 - (1 - confidence)/m
///
/// Holm's test has no simple two-sided intervals. Those that agree with all of its decisions (Strassburger and Bretz
/// 2008; Guilbaud 2008) are one-sided, and unless all hypotheses are rejected, they only tell on which side of zero the
/// parameter of a rejected one lies. Intervals of level 1 - (1 - confidence)/(m - j + 1) do not hold simultaneously.
/// Bonferroni's agree in one direction, if interval and p come from the same test: an interval that excludes zero means
/// that Holm rejects. Holm may also reject if the interval contains zero.
/// @param confidence  above 0 and below 1  @param m  at least 1
double simultaneous_level(double confidence, int m);

}  // namespace chandelier

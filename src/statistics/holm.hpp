// Several tests at once: what stays true of all of them together.

#pragma once

#include <span>
#include <vector>

namespace chandelier {

/// Adjusted p-values of the step-down test of Holm (1979) over a family of m, in the order given. With
/// p_(1) <= ... <= p_(m),
///
///   adjusted p_(i) = max_{j <= i} min(1, (m - j + 1) p_(j))
///
/// To reject where the adjusted p is at most alpha errs anywhere in the family with probability at most alpha, however
/// the tests depend on each other. A p that is NaN (no test was possible) counts in m and stays NaN.
/// @throws Bug for a p outside 0 to 1
std::vector<double> holm_adjusted(std::span<const double> p);

/// The level of each of m intervals that hold all together with `confidence`: that of Bonferroni (Dunn 1961),
///
///   1 - (1 - confidence)/m
///
/// Holm's test has no simple two-sided intervals of its own. Those that agree with its every decision (Strassburger and
/// Bretz 2008; Guilbaud 2008) are one-sided, and unless all hypotheses are rejected they say of a rejected one only
/// that its parameter lies on the far side of zero. Steps of level 1 - (1 - confidence)/(m - j + 1) do not hold
/// together. Bonferroni's agree in one direction, where interval and p are of one test: an interval without zero means
/// that Holm rejects. Holm may reject where the interval has zero.
/// @param confidence  above 0 and below 1  @param m  at least 1
double simultaneous_level(double confidence, int m);

}  // namespace chandelier

// Test for pairs of which only the direction of the difference is known, such as runs that diverged or did not.

#pragma once

#include <cmath>

namespace chandelier {

/// The two-sided p of the exact sign test (Dixon and Mood 1946). With n = positive + negative pairs that differ (pairs
/// that do not are left out) and each direction equally likely,
///
///   p = min(1, 2 P(X >= max(positive, negative))),   X binomial of n and 1/2
///
/// For yes-or-no pairs (diverged or not) this is the exact test of McNemar (1947), with `positive` and `negative` the
/// discordant pairs. NaN if no pair differs. Assumes independent pairs. The smallest p is 2^(1-n).
/// @throws Bug for a negative number
double sign_test(int positive, int negative);

}  // namespace chandelier

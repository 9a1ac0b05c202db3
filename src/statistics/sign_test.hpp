// Paired samples of which only the direction of each difference is known, as of runs that diverged or did not.

#pragma once

#include <cmath>

namespace chandelier {

/// The exact sign test (Dixon and Mood 1946), two-sided p: with n = positive + negative pairs that differ, those that
/// do not left out, and each direction equally likely,
///
///   p = min(1, 2 P(X >= max(positive, negative))),   X binomial of n and 1/2
///
/// Of pairs of yes and no (diverged or not) it is the exact test of McNemar (1947): `positive` and `negative` are then
/// his discordant pairs. NaN where no pair differs. Assumes independent pairs. The smallest p is 2^(1-n).
/// @throws Bug for a number below 0
double sign_test(int positive, int negative);

}  // namespace chandelier

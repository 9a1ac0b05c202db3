// Paired samples: a permutation test of the mean difference.

#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace chandelier {

struct SignFlip {
  double mean = NAN;   ///< T, over groups of the mean of each
  double p = NAN;      ///< two-sided
  bool exact = false;  ///< all signs enumerated, or drawn at random
};

/// The sign-flip test (Fisher 1935, The Design of Experiments, section 21) of differences d_i, stratified by a group,
/// as epsilon. With d*_i = s_i d_i and all signs s_i = +-1 equally likely,
///
///   T = mean over groups g of mean_{i in g} d_i,   p = P(|T*| >= |T|)
///
/// Every group counts the same in T, whatever its size. Up to 16 differences other than 0 all signs are enumerated;
/// beyond that `draws` of them are drawn with numbers keyed by (seed, draw), and
///
///   p = (1 + #{|T*| >= |T|})/(1 + draws)
///
/// which keeps the level at any number of draws (Phipson and Smyth 2010). |T*| that differ from |T| by rounding count
/// as equal.
///
/// mean is NaN for no differences, and p also where all are 0 or one is not finite. Assumes that under the hypothesis
/// each d_i is as likely as -d_i, independently of the others. The same draw at several epsilons is not independent:
/// average its differences over epsilon first. p is never below 2^(1-n) or 1/(1 + draws).
/// @param group  as long as d  @param draws  at least 1
SignFlip sign_flip_test(std::span<const double> d, std::span<const double> group, std::uint32_t draws,
                        std::uint64_t seed);

/// The smallest p that the test of n differences can have, whatever they are: 2^(1-n) up to 16, 1/(1 + draws) beyond.
double least_sign_flip_p(int n, std::uint32_t draws);

}  // namespace chandelier

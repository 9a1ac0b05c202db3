// Permutation test of the mean difference of paired samples.

#pragma once

#include <cmath>
#include <cstdint>
#include <span>

namespace chandelier {

struct SignFlip {
  double mean = NAN;   ///< T, the mean over groups of their means
  double p = NAN;      ///< two-sided
  bool exact = false;  ///< all signs enumerated; otherwise drawn at random
};

/// The sign-flip test (Fisher 1935, The Design of Experiments, section 21) of differences d_i, stratified by a group
/// such as epsilon. With d*_i = s_i d_i and all signs s_i = +-1 equally likely,
///
///   T = mean over groups g of mean_{i in g} d_i,   p = P(|T*| >= |T|)
///
/// Every group has the same weight in T, whatever its size. Up to 16 differences other than 0, all signs are
/// enumerated. Beyond that, `draws` sets of signs are drawn with random numbers keyed by (seed, draw), and
///
///   p = (1 + #{|T*| >= |T|})/(1 + draws)
///
/// which keeps the level for any number of draws (Phipson and Smyth 2010). |T*| that differ from |T| only by rounding
/// count as equal.
///
/// mean is NaN for no differences. p is NaN also if all are 0 or one is not finite. Assumes that under the null
/// hypothesis each d_i is as likely as -d_i, independently of the others. The same draw at several epsilons is not
/// independent: average its differences over epsilon first. p is never below 2^(1-n) or 1/(1 + draws).
/// @param group  as long as d  @param draws  at least 1
SignFlip sign_flip_test(std::span<const double> d, std::span<const double> group, std::uint32_t draws,
                        std::uint64_t seed);

/// The smallest p possible for n differences, whatever they are: 2^(1-n) up to 16, 1/(1 + draws) beyond.
double least_sign_flip_p(int n, std::uint32_t draws);

}  // namespace chandelier

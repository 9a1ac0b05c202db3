// Light that changes slowly: training images of an epoch form a stream, and the shift of each depends on the one
// before (ours; science: section 12).

#pragma once

#include <memory>

#include "luminosity/luminosity.hpp"

namespace chandelier {

/// x <- clamp(x + a_t, 0, 1),  a_t = rho a_(t-1) + sqrt(1 - rho^2) xi_t,  xi_t ~ N(0, epsilon^2/3): stationary, with
/// the variance of U(-epsilon, epsilon). The first image of a stream, and images that are no stream, such as those of
/// the test set, draw from the stationary distribution. The value is a_t.
std::unique_ptr<Luminosity> drift(double epsilon, double rho);

}  // namespace chandelier

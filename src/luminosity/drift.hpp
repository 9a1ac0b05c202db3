// Luminosity model `drift`: light that changes slowly. The training images of an epoch form a stream, in which the
// shift of each image depends on that of the previous one. Not in the paper; see docs/notation.md, section 2.

#pragma once

#include <memory>

#include "luminosity/luminosity.hpp"

namespace chandelier {

/// x <- clamp(x + a_t, 0, 1),  a_t = rho a_(t-1) + sqrt(1 - rho^2) xi_t,  xi_t ~ N(0, epsilon^2/3).
///
/// The process is stationary and has the variance of U(-epsilon, epsilon). The first image of a stream, and images that
/// are not in a stream, such as test images, draw from the stationary distribution. The recorded value is a_t.
std::unique_ptr<Luminosity> drift(double epsilon, double rho);

}  // namespace chandelier

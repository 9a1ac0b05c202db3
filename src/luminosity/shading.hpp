// Luminosity model `shading`: light from one side, a shift with a slope in a random direction.
// Not in the paper; see docs/notation.md, section 2.

#pragma once

#include <memory>

#include "luminosity/luminosity.hpp"

namespace chandelier {

/// x_p <- clamp(x_p + a0 + a1 (u . p), 0, 1),  a0 ~ U(-epsilon, epsilon),  a1 ~ U(-epsilon_shading, epsilon_shading),
/// u a random unit vector, p the position of the pixel in [-1, 1]^2. The recorded value is a0.
std::unique_ptr<Luminosity> shading(double epsilon, double epsilon_shading);

}  // namespace chandelier

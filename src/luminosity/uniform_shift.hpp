// Luminosity of the paper: one number added to all pixels of an image.

#pragma once

#include <memory>

#include "luminosity/luminosity.hpp"

namespace chandelier {

/// x <- clamp(x + d, 0, 1),  d ~ U(-epsilon, epsilon). The value is d.
std::unique_ptr<Luminosity> uniform_shift(double epsilon);

}  // namespace chandelier

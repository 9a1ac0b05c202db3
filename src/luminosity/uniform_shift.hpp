// Luminosity model `uniform`, that of the paper: one random number is added to all pixels of an image.

#pragma once

#include <memory>

#include "luminosity/luminosity.hpp"

namespace chandelier {

/// x <- clamp(x + d, 0, 1),  d ~ U(-epsilon, epsilon). The recorded value is d.
std::unique_ptr<Luminosity> uniform_shift(double epsilon);

}  // namespace chandelier

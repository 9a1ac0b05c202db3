// Luminosity model `fixed`: the same shift for every image. It tests how a network copes with unseen luminosities.

#pragma once

#include <memory>

#include "luminosity/luminosity.hpp"

namespace chandelier {

/// x <- clamp(x + shift, 0, 1). Nothing is random. The recorded value is the shift.
std::unique_ptr<Luminosity> fixed_shift(double shift);

}  // namespace chandelier

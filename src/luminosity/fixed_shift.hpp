// The same shift for every image: how well a network copes with a luminosity it was not trained on.

#pragma once

#include <memory>

#include "luminosity/luminosity.hpp"

namespace chandelier {

/// x <- clamp(x + shift, 0, 1). Draws nothing; the value is the shift.
std::unique_ptr<Luminosity> fixed_shift(double shift);

}  // namespace chandelier

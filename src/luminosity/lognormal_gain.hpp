// Luminosity model `lognormal-gain`: illumination that spans orders of magnitude.
// Not in the paper; see docs/notation.md, section 2.

#pragma once

#include <memory>

#include "luminosity/luminosity.hpp"

namespace chandelier {

/// x <- clamp(g x, 0, 1),  g = exp(epsilon xi),  xi ~ N(0, 1). The recorded value is g.
std::unique_ptr<Luminosity> lognormal_gain(double epsilon);

}  // namespace chandelier

// Illumination that spans orders of magnitude: a lognormal gain (ours; science: section 12).

#pragma once

#include <memory>

#include "luminosity/luminosity.hpp"

namespace chandelier {

/// x <- clamp(g x, 0, 1),  g = exp(epsilon xi),  xi ~ N(0, 1). The value is g.
std::unique_ptr<Luminosity> lognormal_gain(double epsilon);

}  // namespace chandelier

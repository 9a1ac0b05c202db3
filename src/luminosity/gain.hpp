// Luminosity as a change of the light source: all pixels of an image times one number.

#pragma once

#include <memory>

#include "luminosity/luminosity.hpp"

namespace chandelier {

/// x <- clamp(g x, 0, 1),  g ~ U(1 - epsilon, 1 + epsilon). The value is g.
std::unique_ptr<Luminosity> gain(double epsilon);

}  // namespace chandelier

// Luminosity model `gain`: all pixels of an image are multiplied by one number, as if the light source changed.

#pragma once

#include <memory>

#include "luminosity/luminosity.hpp"

namespace chandelier {

/// x <- clamp(g x, 0, 1),  g ~ U(1 - epsilon, 1 + epsilon). The recorded value is g.
std::unique_ptr<Luminosity> gain(double epsilon);

}  // namespace chandelier

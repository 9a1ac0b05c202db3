// Luminosity model `contrast`: all pixels of an image move away from middle grey or towards it.

#pragma once

#include <memory>

#include "luminosity/luminosity.hpp"

namespace chandelier {

/// x <- clamp(0.5 + c (x - 0.5), 0, 1),  c ~ U(1 - epsilon, 1 + epsilon). The recorded value is c.
std::unique_ptr<Luminosity> contrast(double epsilon);

}  // namespace chandelier

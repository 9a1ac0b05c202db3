// The loop over pixels shared by the luminosity models.

#pragma once

#include <span>

#include "base/matrix.hpp"

namespace chandelier {

/// x <- clamp(factor x + offset, 0, 1) for all pixels of one image. With factor 1 and offset 0, no bit changes.
void affine_change(std::span<Real> pixels, Real factor, Real offset);

}  // namespace chandelier

// The loop over pixels that the models of luminosity share.

#pragma once

#include <span>

#include "base/matrix.hpp"

namespace chandelier {

/// x <- clamp(factor x + offset, 0, 1) for all pixels of one image. Factor 1 and offset 0 change no bit.
void affine_change(std::span<Real> pixels, Real factor, Real offset);

}  // namespace chandelier

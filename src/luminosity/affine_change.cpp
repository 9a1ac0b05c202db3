#include "luminosity/affine_change.hpp"

#include <cstddef>

#include "kernels/multiversion.hpp"

namespace chandelier {
namespace {

CHANDELIER_HOT void scale_shift_clamp(Real* pixels, std::size_t count, Real factor, Real offset) {
  CHANDELIER_INDEPENDENT
  for (std::size_t i = 0; i < count; ++i) {
    const Real x = factor * pixels[i] + offset;
    const Real not_below = x > 0 ? x : Real{0};
    pixels[i] = not_below < 1 ? not_below : Real{1};
  }
}

}  // namespace

void affine_change(std::span<Real> pixels, Real factor, Real offset) {
  scale_shift_clamp(pixels.data(), pixels.size(), factor, offset);
}

}  // namespace chandelier

// How the luminosity of an image varies from one draw to the next.

#pragma once

#include <span>

#include "base/matrix.hpp"
#include "base/random.hpp"

namespace chandelier {

/// A model of luminosity. A new model is one new file pair, one line in the registry, one test.
class Luminosity {
 public:
  virtual ~Luminosity() = default;

  /// Changes one image in place and returns the value drawn (the d, g or c of the model).
  /// @param random  the stream of this image in this epoch; one model draws the same number of values each time
  /// @param pixels  in [0, 1], before and after
  virtual Real apply(KeyedRandom& random, std::span<Real> pixels) const = 0;
};

}  // namespace chandelier

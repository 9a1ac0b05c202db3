// Luminosity models: how the brightness of an image varies from one presentation to the next.

#pragma once

#include <optional>
#include <span>

#include "base/matrix.hpp"
#include "base/random.hpp"

namespace chandelier {

/// What a model knows of an image, apart from its pixels.
struct Scene {
  Index rows = 0;
  Index columns = 0;
  /// The value of the previous image in the order of the epoch; none for the first image, or without a stream.
  std::optional<Real> before = {};
};

/// Values from `low` to `high`.
struct ValueRange {
  double low, high;
};

/// A luminosity model. A new model needs a .hpp and .cpp file, a line in the registry and a test.
class Luminosity {
 public:
  virtual ~Luminosity() = default;

  /// The value of an image (d, g, c, a0 or a_t of the model), which is recorded with predictions.
  /// @param random  the random numbers of this image in this epoch, from the start
  virtual Real draw(KeyedRandom& random, const Scene& scene) const = 0;

  /// Changes one image in place, with the same value as `draw` returns. After the value, a model may draw more random
  /// numbers, for example a direction.
  /// @param random  as for `draw`
  /// @param pixels  row by row, in [0, 1] before and after
  virtual void apply(KeyedRandom& random, const Scene& scene, std::span<Real> pixels) const = 0;

  /// The range of the values, or of nearly all of them; nothing if the model does not know.
  virtual std::optional<ValueRange> range() const { return std::nullopt; }

  /// Whether the value of an image depends on that of the previous one.
  virtual bool is_stream() const { return false; }
};

}  // namespace chandelier

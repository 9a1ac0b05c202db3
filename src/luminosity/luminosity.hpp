// How the luminosity of an image varies from one draw to the next.

#pragma once

#include <optional>
#include <span>

#include "base/matrix.hpp"
#include "base/random.hpp"

namespace chandelier {

/// What a model may know of an image beside its pixels.
struct Scene {
  Index rows = 0;
  Index columns = 0;
  /// The value of the image before it in the order of the epoch; none for the first, nor where images are no stream.
  std::optional<Real> before = {};
};

/// Values from `low` to `high`.
struct ValueRange {
  double low, high;
};

/// A model of luminosity. A new model is one new file pair, one line in the registry, one test.
class Luminosity {
 public:
  virtual ~Luminosity() = default;

  /// The value of an image (the d, g or c of the model), which is recorded with predictions.
  /// @param random  the stream of this image in this epoch, from its beginning
  virtual Real draw(KeyedRandom& random, const Scene& scene) const = 0;

  /// Changes one image in place as the value that `draw` gives says. A model may draw more from the stream after it,
  /// such as a direction.
  /// @param random  as for `draw`  @param pixels  row by row, in [0, 1] before and after
  virtual void apply(KeyedRandom& random, const Scene& scene, std::span<Real> pixels) const = 0;

  /// The range in which values lie, or nearly all of them; unknown where the model does not say.
  virtual std::optional<ValueRange> range() const { return std::nullopt; }

  /// Whether the value of an image depends on the one before it.
  virtual bool is_stream() const { return false; }
};

}  // namespace chandelier

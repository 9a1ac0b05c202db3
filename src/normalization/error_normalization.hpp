// Error normalizations, the subject of the paper (docs/notation.md, section 5).

#pragma once

#include "parameters/learnable.hpp"

namespace chandelier {

/// What an error normalization approximates. The measure `gradient_alignment` compares it with this.
enum class ErrorAim {
  layer_norm,  ///< layer normalization's Jacobian
  centring,    ///< its first part alone, g - mean_j g
};

/// N(g): the normalized error. g is the back-propagated error at a layer's normalized activity, after the derivative of
/// the rectification. An object belongs to one layer. It may own parameters and learn them.
class ErrorNormalization : public Learnable {
 public:
  /// normalized = N(g). All are [n x B]: z, the normalized activity at which g is the error; g; and the result, which
  /// must not overlap g or z. Measures may call this at any time, so a call must not influence later results: only work
  /// space is `mutable`.
  virtual void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const = 0;

  /// Records what its parameters learn from z and g. Called once per training step, after the backward pass and before
  /// any weight changes; never for batches that are only evaluated or measured.
  virtual void learn(ConstMatrixView /*z*/, ConstMatrixView /*g*/) {}

  virtual ErrorAim aim() const { return ErrorAim::layer_norm; }
};

}  // namespace chandelier

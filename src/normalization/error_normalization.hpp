// Error normalizations: the paper's subject (science: section 5).

#pragma once

#include "parameters/learnable.hpp"

namespace chandelier {

/// What a normalization of errors stands in for: the measure `gradient_alignment` compares it with that.
enum class ErrorAim {
  layer_norm,  ///< layer normalization's Jacobian
  centring,    ///< its first part alone, g - mean_j g
};

/// N(g): what becomes of the back-propagated error g at the normalized activity of a layer, after the derivative of
/// the rectification. One object belongs to one layer; it may own parameters, and learn them.
class ErrorNormalization : public Learnable {
 public:
  /// normalized = N(g). All [n x B]: z, the normalized activity that g belongs to; g, the error; `normalized`, the
  /// result, which must not overlap g or z. A measure may call it at any time, so it changes no later result; room for
  /// a batch is `mutable`.
  virtual void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const = 0;

  /// Notes what its parameters learn from, of the z and g of a step. Called once a step, after the backward pass and
  /// before any weight changes; never for batches that are only evaluated or measured.
  virtual void learn(ConstMatrixView /*z*/, ConstMatrixView /*g*/) {}

  virtual ErrorAim aim() const { return ErrorAim::layer_norm; }
};

}  // namespace chandelier

// Computed normalizations of a layer's activity, for circuits E and E-I: the baselines for normalizing inhibition.

#pragma once

#include "base/matrix.hpp"

namespace chandelier {

/// y = norm(z) over the n units of each sample, without learned gains or offsets, and its Jacobian (docs/notation.md,
/// section 4). An object belongs to one layer and remembers the last batch.
class ActivityNormalization {
 public:
  virtual ~ActivityNormalization() = default;

  /// y [n x B] from z [n x B]. Both must stay in memory until `own_error` has been called.
  virtual ConstMatrixView forward(ConstMatrixView z) = 0;

  /// The error at z for the error g at y: g times the Jacobian of `forward` at the last z.
  /// Shapes [n x B]; `error` must not overlap g. Calls do not influence later results: only work space is `mutable`.
  virtual void own_error(ConstMatrixView g, MatrixView error) const = 0;
};

}  // namespace chandelier

// Computed normalizations of a layer's activity, for the circuits E and E-I: what inhibition is compared with.

#pragma once

#include "base/matrix.hpp"

namespace chandelier {

/// y = norm(z) over the n units of each sample, without gains or offsets (science: section 4), and its Jacobian
/// (section 5, `own`). An object belongs to one layer and remembers its last batch.
class ActivityNormalization {
 public:
  virtual ~ActivityNormalization() = default;

  /// y [n x B] of z [n x B]; both must stay where they are until `own_error` was called.
  virtual ConstMatrixView forward(ConstMatrixView z) = 0;

  /// The error at z that belongs to the error g at y: g through the Jacobian of `forward` at the last z.
  /// Shapes [n x B]; `error` must not overlap g. It changes no later result; room for a batch is `mutable`.
  virtual void own_error(ConstMatrixView g, MatrixView error) const = 0;
};

}  // namespace chandelier

// Error normalizations: the paper's subject (science: section 5).

#pragma once

#include <span>

#include "base/matrix.hpp"

namespace chandelier {

/// N(g): what becomes of the back-propagated error g at the normalized activity of a layer, after the derivative of
/// the rectification. One object belongs to one layer; it may hold numbers of its own (`lateral`).
class ErrorNormalization {
 public:
  virtual ~ErrorNormalization() = default;

  /// normalized = N(g). All [n x B]: z, the normalized activity that g belongs to; g, the error; `normalized`, the
  /// result, which must not overlap g or z.
  virtual void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) = 0;

  /// Fixed numbers of the rule, one a unit, that a weight file must hold: a_j of `lateral`; empty for all others.
  virtual std::span<Real> lateral() { return {}; }
};

}  // namespace chandelier

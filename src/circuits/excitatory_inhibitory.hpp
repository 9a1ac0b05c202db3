// E-I: subtractive inhibition, trained on the task.   z = X (Wex - Wei Wix)^T + b

#pragma once

#include "circuits/circuit.hpp"

namespace chandelier {

/// Excitation e = X Wex^T + b, inhibition s = (X Wix^T) Wei^T, z = e - s (docs/notation.md, section 4).
/// The readout is such a circuit, too.
///
/// With G = delta^T X: dWex = G, dWix = -Wei^T G, dWei = -G Wix^T, error below = delta (Wex - Wei Wix). G is never
/// computed: dWix = (-delta Wei)^T X, and the error below is [delta, -delta Wei] [Wex; Wix].
class ExcitatoryInhibitory final : public Circuit {
 public:
  static constexpr CircuitTraits kTraits{.has_inhibition = true};

  explicit ExcitatoryInhibitory(const LayerSize& size);

  ConstMatrixView forward(const Input& x) override;
  void backward(const Input& x) override;

 private:
  Index carrying_rows() const override { return size_.n + size_.m; }

  BatchBuffer z_;  ///< [n x B]
};

}  // namespace chandelier

// E: excitation only.   z = X Wex^T + b

#pragma once

#include "circuits/circuit.hpp"

namespace chandelier {

/// Only excitatory units (docs/notation.md, section 4). dWex = delta^T X, db = sum_B delta, error below = delta Wex.
class Excitatory final : public Circuit {
 public:
  static constexpr CircuitTraits kTraits{};

  explicit Excitatory(const LayerSize& size);

  ConstMatrixView forward(const Input& x) override;
  void backward(const Input& x) override;
};

}  // namespace chandelier

// I-Norm (subtractive): inhibition only centres.   z = e - s

#pragma once

#include "circuits/circuit.hpp"

namespace chandelier {

/// Subtractive I-Norm (docs/notation.md, section 4). With delta = N(g): dWex = delta^T X, db = sum_B delta. The error
/// below is delta Wex, or delta (Wex - Wei Wix) with the other error routes (section 5). Wix and Wei learn from a local
/// loss, in which e and X are constants:
///
///   L_homeo = lambda * mean_B (mean_j z)^2
///   du = lambda/B * 2 mean_j(z)/n,   dWix = -(du Wei)^T X,   dWei = -du^T (X Wix^T)
class INormSubtractive final : public Circuit {
 public:
  static constexpr CircuitTraits kTraits{.has_inhibition = true, .normalizes = true};

  /// @param lambda  weight of the homeostatic loss
  /// @param route  which synapses carry errors down
  INormSubtractive(const LayerSize& size, Real lambda, ErrorRoute route);

  ConstMatrixView forward(const Input& x) override;
  void backward(const Input& x) override;
  std::optional<double> homeostatic_loss() const override;
  std::optional<double> layer_norm_distance() const override;

 private:
  Index carrying_rows() const override { return route_ == ErrorRoute::excitatory ? size_.n : size_.n + size_.m; }

  Real lambda_;
  ErrorRoute route_;
  BatchBuffer z_;   ///< [n x B]
  BatchBuffer du_;  ///< [n x B]
  Vector mean_;     ///< mean_j z, [B]
};

}  // namespace chandelier

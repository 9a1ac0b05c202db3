// I-Norm: inhibition is the normalization.
//
//   e = X Wex^T + b                         excitatory drive
//   s = (X Wix^T) Wei^T                     subtractive inhibition
//   q = (X Bix^T)^2 Bei^T, Bei = 1/n        divisive inhibition: one number a sample,
//   d = sqrt(q + tau)                       since all entries of Bei are equal and fixed
//   z = (e - s) / d

#pragma once

#include "circuits/circuit.hpp"

namespace chandelier {

/// Science: section 4, I-Norm. Inhibition is not part of the error pathway: with delta = N(g) / d,
/// dWex = delta^T X, db = sum_B delta, and the error below is delta Wex. Wix and Bix learn from the local loss
///
///   L_homeo = lambda * mean_B [ (mean_j u)^2 + (var_j u - 1)^2 ],  u = (e - s) / d,  e and X constant:
///   du = lambda/B * ( 2 mean_j(u)/n + 4 (var_j(u) - 1)(u - mean_j(u))/n )
///   ds = -du/d                              dWix = (ds Wei)^T X
///   dq = -(sum_j du_j u_j)/(2 d^2)          dBix = (2 dq p/n)^T X,  p = X Bix^T
class INorm final : public Circuit {
 public:
  static constexpr CircuitTraits kTraits{
      .has_inhibition = true, .normalizes = true, .divides = true, .fixed_Wei = true, .cost = 2};

  /// @param lambda weight of the homeostatic loss
  /// @param error_divide whether the task error is divided by d
  INorm(const LayerSize& size, Real lambda, bool error_divide);

  ConstMatrixView forward(const Input& x) override;
  void backward(const Input& x) override;
  void error_below(MatrixView out) const override;
  std::optional<ConstVectorView> divisor() const override { return ConstVectorView(d_.data(), batch_); }
  std::optional<double> homeostatic_loss() const override;
  std::optional<double> layer_norm_distance() const override;

 private:
  Real lambda_;
  bool error_divide_;
  BatchBuffer z_;           ///< u = z, [n x B]
  BatchBuffer ds_;          ///< [n x B]
  Vector d_, inverse_d_;    ///< d and 1/d, [B]
  Vector mean_, variance_;  ///< of u, [B]
  Vector dq_;               ///< [B]
};

}  // namespace chandelier

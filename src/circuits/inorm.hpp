// I-Norm: inhibition is the normalization.
//
//   e = X Wex^T + b                         excitatory drive
//   s = (X Wix^T) Wei^T                     subtractive inhibition
//   q = (X Bix^T)^2 Bei^T, Bei = 1/n        divisive inhibition: one number per sample,
//   d = sqrt(q + tau)                       since all entries of Bei are equal and fixed
//   z = (e - s) / d

#pragma once

#include "circuits/circuit.hpp"

namespace chandelier {

/// What errors are divided by.
enum class ErrorDivide {
  sample,  ///< by d of each sample: the paper
  mean,    ///< by the mean of d over the batch: keeps the average step size, normalizes nothing
  off,     ///< by 1
};

/// I-Norm (docs/notation.md, section 4). Inhibition is not part of the error pathway: with delta = N(g) / d,
/// dWex = delta^T X, db = sum_B delta, and the error below is delta Wex. Section 5 has the other error routes and
/// divisors. `below`, the error that is transmitted, is delta unless error_acts_on says otherwise.
///
/// Wix and Bix learn from a local loss, in which e and X are constants:
///
///   L_homeo = lambda * mean_B [ (mean_j u)^2 + (var_j u - 1)^2 ],  u = (e - s) / d
///   du = lambda/B * ( 2 mean_j(u)/n + 4 (var_j(u) - 1)(u - mean_j(u))/n )
///   ds = -du/d                              dWix = (ds Wei)^T X
///   dq = -(sum_j du_j u_j)/(2 d^2)          dBix = (2 dq p/n)^T X,  p = X Bix^T
class INorm final : public Circuit {
 public:
  static constexpr CircuitTraits kTraits{
      .has_inhibition = true, .normalizes = true, .divides = true, .fixed_Wei = true, .cost = 2};

  /// @param lambda  weight of the homeostatic loss
  /// @param divide  what errors are divided by
  /// @param route  which synapses carry errors down
  INorm(const LayerSize& size, Real lambda, ErrorDivide divide, ErrorRoute route);

  ConstMatrixView forward(const Input& x) override;
  void backward(const Input& x) override;
  std::optional<ConstVectorView> divisor() const override { return ConstVectorView(d_.data(), batch_); }
  std::optional<double> homeostatic_loss() const override;
  std::optional<double> layer_norm_distance() const override;

 private:
  Index carrying_rows() const override;
  void divide_errors();
  void transmit();

  Real lambda_;
  ErrorDivide divide_;
  ErrorRoute route_;
  BatchBuffer z_;           ///< u = z, [n x B]
  BatchBuffer ds_;          ///< [n x B]
  Vector d_, inverse_d_;    ///< d and 1/d, [B]
  Vector inverse_D_;        ///< 1/D, where D is the mean of d, [B]
  Vector mean_, variance_;  ///< of u, [B]
  Vector dq_;               ///< [B]
  Vector along_z_;          ///< sum_j below_j z_j, [B]
};

}  // namespace chandelier

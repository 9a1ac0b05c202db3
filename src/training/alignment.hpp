// How close a layer comes to layer normalization (science: section 7): cosines between its activity, or the gradients
// that its errors give, and those that layer normalization would give. Used once an epoch, so written in double.

#pragma once

#include "learning/hidden_layer.hpp"

namespace chandelier {

/// The presynaptic activity X [B x k] of a batch, and X X^T [B x B], which is by far the most work of a cosine.
struct Presynaptic {
  explicit Presynaptic(ConstMatrixView activity);

  ConstMatrixView X;
  Eigen::MatrixXd XXt;
};

/// A gradient with respect to weights, kept as its two factors: error [n x B] times presynaptic activity [B x k].
struct GradientFactors {
  Eigen::MatrixXd error;
  const Presynaptic& presynaptic;
};

/// Cosine between two gradients as long vectors; nan where one is 0. The gradients are never formed: with D, E the
/// errors and X, Y the presynaptic activities, sum_ij (D X)_ij (E Y)_ij = sum_bc (D^T E)_bc (X Y^T)_bc.
double cosine(const GradientFactors& a, const GradientFactors& b);

/// Cosine between relu(LN(z)) and relu(z), flattened over units and batch; z [n x B] before any computed normalization.
double output_alignment(const HiddenLayer& layer);

/// Cosine between two gradients of a sum of rectified activities over the batch with respect to Wex:
///   (i)  1[LN(z) > 0] through layer normalization's Jacobian at z,
///   (ii) 1[z > 0] through the layer's own error normalization (circuits without inhibitory normalization: nothing),
/// both divided by d where the circuit has one. Where the rule aims at centring alone (`aim`), (i) is
/// 1[z > 0] through `center`.
/// @param x what entered the layer
double gradient_alignment(const HiddenLayer& layer, const Presynaptic& x);

/// Largest eigenvalue of the covariance over the batch (divisor B - 1) of the error g [n x B].
double error_eigenvalue(ConstMatrixView g);

/// How much of the error is its uniform mode: sum_B n mean_j(g)^2 / sum_B |g|^2; nan where g is 0.
double uniform_share(ConstMatrixView g);

/// How much of the error delta is along the activity: (sum_j delta_j z_j)^2/(|delta|^2 |z|^2), averaged over the
/// samples that have both; nan where none has.
double activity_share(ConstMatrixView delta, ConstMatrixView z);

/// |delta|/|g|, averaged over the samples whose g is not 0; nan where none is.
double error_gain(ConstMatrixView delta, ConstMatrixView g);

}  // namespace chandelier

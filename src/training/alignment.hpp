// How close a layer comes to layer normalization (docs/notation.md, section 7): cosines between its activity, or the
// gradients that its errors produce, and those of layer normalization. Also what its errors consist of:
// error_eigenvalue, uniform_share, activity_share and error_gain. Used once per epoch, so it computes in double.

#pragma once

#include "learning/hidden_layer.hpp"

namespace chandelier {

/// The presynaptic activity X [B x k] of a batch, and X X^T [B x B], by far the most expensive part of a cosine.
struct Presynaptic {
  explicit Presynaptic(ConstMatrixView activity);

  ConstMatrixView X;
  Eigen::MatrixXd XXt;
};

/// A weight gradient, kept as its two factors: error [n x B] times presynaptic activity [B x k].
struct GradientFactors {
  Eigen::MatrixXd error;
  const Presynaptic& presynaptic;
};

/// Cosine between two gradients as flattened vectors; nan if one of them is 0. The gradients are never formed: with D,
/// E the errors and X, Y the presynaptic activities, sum_ij (D X)_ij (E Y)_ij = sum_bc (D^T E)_bc (X Y^T)_bc.
double cosine(const GradientFactors& a, const GradientFactors& b);

/// Cosine between relu(LN(z)) and relu(z), flattened over units and batch; z [n x B] before any computed normalization.
double output_alignment(const HiddenLayer& layer);

/// Cosine between two gradients, with respect to Wex, of the sum of rectified activities over the batch:
///   (i)  1[LN(z) > 0] through the Jacobian of layer normalization at z,
///   (ii) 1[z > 0] through the layer's error normalization (unchanged in circuits without inhibitory normalization),
/// both divided by d if the circuit has one. If the rule only aims at centring (`aim`), (i) is 1[z > 0] through
/// `center`.
/// @param x  the input of the layer
double gradient_alignment(const HiddenLayer& layer, const Presynaptic& x);

/// Largest eigenvalue of the covariance over the batch (divisor B - 1) of the error g [n x B].
double error_eigenvalue(ConstMatrixView g);

/// Share of the error that is in its uniform mode: sum_B n mean_j(g)^2 / sum_B |g|^2; nan if g is 0.
double uniform_share(ConstMatrixView g);

/// Share of the error delta that is along the activity: (sum_j delta_j z_j)^2/(|delta|^2 |z|^2), averaged over the
/// samples where neither is 0; nan if there are none.
double activity_share(ConstMatrixView delta, ConstMatrixView z);

/// |delta|/|g|, averaged over the samples whose g is not 0; nan if there are none.
double error_gain(ConstMatrixView delta, ConstMatrixView g);

}  // namespace chandelier

#include "circuits/inorm.hpp"

#include <cmath>

#include "circuits/homeostasis.hpp"
#include "kernels/passes.hpp"

namespace chandelier {
namespace {

/// d = sqrt(sum_r p_r^2 / n + tau), and 1/d: one division a sample instead of one a unit
void divisor_of(ConstMatrixView p, Index n, VectorView d, VectorView inverse_d) {
  dot_over_units(p, p, d);
  for (Index b = 0; b < d.size(); ++b) {
    d[b] = std::sqrt(d[b] / static_cast<Real>(n) + kTau);
    inverse_d[b] = 1 / d[b];
  }
}

/// z = (e - s) / d
CHANDELIER_HOT void subtract_and_divide(ConstMatrixView e, ConstMatrixView s, ConstVectorView inverse_d, MatrixView z) {
  assign_each(z, [&](Index j, Index b) { return (e(j, b) - s(j, b)) * inverse_d[b]; });
}

/// delta = N(g) / d, in place
CHANDELIER_HOT void divide(MatrixView error, ConstVectorView inverse_d) {
  assign_each(error, [&](Index j, Index b) { return error(j, b) * inverse_d[b]; });
}

/// ds = -du/d,  du = lambda/B * ( 2 mean/n + 4 (var - 1)(u - mean)/n )
CHANDELIER_HOT void subtractive_signal(ConstMatrixView u, ConstVectorView mean, ConstVectorView variance,
                                       ConstVectorView inverse_d, Real lambda, MatrixView ds) {
  const Real lambda_over_B_n = lambda / static_cast<Real>(u.size());
  assign_each(ds, [&](Index j, Index b) {
    const Real du = lambda_over_B_n * (2 * mean[b] + 4 * (variance[b] - 1) * (u(j, b) - mean[b]));
    return -du * inverse_d[b];
  });
}

/// dq = -(sum_j du_j u_j)/(2 d^2), where from the equation of du
/// sum_j du_j u_j = lambda/B * ( 2 mean^2 + 4 (var - 1) var )
void error_of_q(ConstVectorView mean, ConstVectorView variance, ConstVectorView d, Real lambda, VectorView dq) {
  const Real B = static_cast<Real>(dq.size());
  for (Index b = 0; b < dq.size(); ++b) {
    const Real du_u = lambda / B * (2 * mean[b] * mean[b] + 4 * (variance[b] - 1) * variance[b]);
    dq[b] = -du_u / (2 * d[b] * d[b]);
  }
}

/// The error of p = X Bix^T: 2 dq p/n
CHANDELIER_HOT void divisive_signal(ConstMatrixView p, ConstVectorView dq, Index n, MatrixView dp) {
  const Real two_over_n = 2 / static_cast<Real>(n);
  assign_each(dp, [&](Index r, Index b) { return two_over_n * dq[b] * p(r, b); });
}

}  // namespace

INorm::INorm(const LayerSize& size, Real lambda, bool error_divide)
    : Circuit(kTraits, size),
      lambda_(lambda),
      error_divide_(error_divide),
      z_(size.n, size.capacity),
      ds_(size.n, size.capacity),
      d_(size.capacity),
      inverse_d_(size.capacity),
      mean_(size.capacity),
      variance_(size.capacity),
      dq_(size.capacity) {}

ConstMatrixView INorm::forward(const Input& x) {
  drive(x);
  divisor_of(p(), size_.n, VectorView(d_.data(), batch_), VectorView(inverse_d_.data(), batch_));
  subtract_and_divide(e(), s(), ConstVectorView(inverse_d_.data(), batch_), z_(batch_));
  return view(z_(batch_));
}

void INorm::backward(const Input& x) {
  const ConstVectorView d = *divisor(), inverse_d(inverse_d_.data(), batch_);
  const ConstVectorView mean(mean_.data(), batch_), variance(variance_.data(), batch_);
  const ConstMatrixView u = view(z_(batch_));

  if (error_divide_) divide(normalized_error(), inverse_d);

  moments_over_units(u, VectorView(mean_.data(), batch_), VectorView(variance_.data(), batch_));
  subtractive_signal(u, mean, variance, inverse_d, lambda_, ds_(batch_));
  products_of_Wei().backward(parameter("Wei").value(), view(ds_(batch_)), error_i());
  error_of_q(mean, variance, d, lambda_, VectorView(dq_.data(), batch_));
  divisive_signal(p(), ConstVectorView(dq_.data(), batch_), size_.n, error_p());

  note_signal("Wex", delta(), x.X);
  note_signal("Wix", view(error_i()), x.X);
  note_signal("Bix", view(error_p()), x.X);
  note_signal("bias", delta(), ones());
}

void INorm::error_below(MatrixView out) const { products().backward(parameter("Wex").value(), below(), out); }

std::optional<double> INorm::homeostatic_loss() const {
  return lambda_ * mean_over_batch(z_(batch_), [](double mean, double variance) {
           return mean * mean + (variance - 1) * (variance - 1);
         });
}

std::optional<double> INorm::layer_norm_distance() const { return distance_to_layer_norm(z_(batch_), e()); }

}  // namespace chandelier

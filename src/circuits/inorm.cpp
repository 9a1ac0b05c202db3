#include "circuits/inorm.hpp"

#include <cmath>

#include "base/error.hpp"
#include "circuits/homeostasis.hpp"
#include "kernels/passes.hpp"

namespace chandelier {
namespace {

/// d = sqrt(sum_r p_r^2 / n + tau), and 1/d: one division per sample instead of one per unit
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

/// 1/D for every sample, where D = mean_B d
void inverse_of_mean(ConstVectorView d, VectorView inverse_D) {
  Real sum = 0;
  for (Index b = 0; b < d.size(); ++b) sum += d[b];
  inverse_D.setConstant(static_cast<Real>(d.size()) / sum);
}

/// delta = N(g) / D, in place
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

/// dq = -(sum_j du_j u_j)/(2 d^2), where, by the equation of du,
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

/// - (sum_j below_j z_j)/(n d) p: the error transmitted through Bix
CHANDELIER_HOT void divisive_transmission(ConstMatrixView p, ConstVectorView along_z, ConstVectorView inverse_d,
                                          Index n, MatrixView out) {
  const Real one_over_n = 1 / static_cast<Real>(n);
  assign_each(out, [&](Index r, Index b) { return -one_over_n * along_z[b] * inverse_d[b] * p(r, b); });
}

}  // namespace

INorm::INorm(const LayerSize& size, Real lambda, ErrorDivide divide, ErrorRoute route)
    : Circuit(kTraits, with_errors_for(route, size)),
      lambda_(lambda),
      divide_(divide),
      route_(route),
      z_(size.n, size.capacity),
      ds_(size.n, size.capacity),
      d_(size.capacity),
      inverse_d_(size.capacity),
      inverse_D_(size.capacity),
      mean_(size.capacity),
      variance_(size.capacity),
      dq_(size.capacity),
      along_z_(size.capacity) {}

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

  divide_errors();
  transmit();

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

Index INorm::carrying_rows() const {
  switch (route_) {
    case ErrorRoute::excitatory:
      return size_.n;
    case ErrorRoute::subtractive:
      return size_.n + size_.m;
    case ErrorRoute::all:
      return size_.n + size_.m + r_;
  }
  throw Bug("unknown error route");
}

void INorm::divide_errors() {
  if (divide_ == ErrorDivide::off) return;
  if (divide_ == ErrorDivide::mean) inverse_of_mean(*divisor(), VectorView(inverse_D_.data(), batch_));
  const ConstVectorView inverse_D((divide_ == ErrorDivide::mean ? inverse_D_ : inverse_d_).data(), batch_);
  divide(learned_error(), inverse_D);
  if (size_.two_errors) divide(transmitted_error(), inverse_D);
}

void INorm::transmit() {
  if (route_ == ErrorRoute::excitatory) return;
  through_inhibition(below(), transmitted_i());
  if (route_ != ErrorRoute::all) return;
  dot_over_units(below(), view(z_(batch_)), VectorView(along_z_.data(), batch_));
  divisive_transmission(p(), ConstVectorView(along_z_.data(), batch_), ConstVectorView(inverse_d_.data(), batch_),
                        size_.n, transmitted_p());
}

std::optional<double> INorm::homeostatic_loss() const {
  return lambda_ * mean_over_batch(z_(batch_), [](double mean, double variance) {
           return mean * mean + (variance - 1) * (variance - 1);
         });
}

std::optional<double> INorm::layer_norm_distance() const { return distance_to_layer_norm(z_(batch_), e()); }

}  // namespace chandelier

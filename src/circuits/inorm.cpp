#include "circuits/inorm.hpp"

#include <cmath>

#include "base/error.hpp"
#include "circuits/homeostasis.hpp"
#include "kernels/passes.hpp"
#include "kernels/rounding.hpp"

namespace chandelier {
namespace {

Real fp16(Real x) { return static_cast<Real>(rounded_to_fp16(static_cast<float>(x))); }

/// A matrix product with Bei, or with its transpose, in fp16. As all entries of Bei are 1/n, the result has one number
/// per sample. @param operand  the other matrix, as a function of row and sample
template <class Operand>
inline void product_with_Bei_in_fp16(VectorView out, Index n, Index rows, Operand operand) {
  const Real Bei = fp16(1 / static_cast<Real>(n));
  sum_over_units(out, rows, [&](Index i, Index b) { return fp16(operand(i, b)) * Bei; });
  for (Index b = 0; b < out.size(); ++b) out[b] = fp16(out[b]);
}

/// q = p^2 Bei^T
void divisive_inhibition(ConstMatrixView p, Index n, VectorView q) {
  dot_over_units(p, p, q);
  for (Index b = 0; b < q.size(); ++b) q[b] /= static_cast<Real>(n);
}

/// The same in fp16: q is infinite from |p| = 256 on.
CHANDELIER_HOT void divisive_inhibition_in_fp16(ConstMatrixView p, Index n, VectorView q) {
  product_with_Bei_in_fp16(q, n, p.rows(), [&](Index r, Index b) { return p(r, b) * p(r, b); });
}

/// d = sqrt(q + tau), in place of q, and 1/d: one division per sample instead of one per unit
void divisor_of(VectorView d, VectorView inverse_d) {
  for (Index b = 0; b < d.size(); ++b) {
    d[b] = std::sqrt(d[b] + kTau);
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

/// The product dq Bei in fp16, where q has an error for each unit: dq_j = -(du_j u_j)/(2 d^2).
CHANDELIER_HOT void error_of_p_squared_in_fp16(ConstMatrixView u, ConstVectorView mean, ConstVectorView variance,
                                               ConstVectorView d, Real lambda, VectorView out) {
  const Real lambda_over_B_n = lambda / static_cast<Real>(u.size());
  product_with_Bei_in_fp16(out, u.rows(), u.rows(), [&](Index j, Index b) {
    const Real du = lambda_over_B_n * (2 * mean[b] + 4 * (variance[b] - 1) * (u(j, b) - mean[b]));
    return -du * u(j, b) / (2 * d[b] * d[b]);
  });
}

/// The error of p = X Bix^T: 2 dq p/n. @param Bei  1/n, or 1 if dq is already multiplied by it
CHANDELIER_HOT void divisive_signal(ConstMatrixView p, ConstVectorView dq, Real Bei, MatrixView dp) {
  assign_each(dp, [&](Index r, Index b) { return 2 * Bei * dq[b] * p(r, b); });
}

/// - (sum_j below_j z_j)/(n d) p: the error transmitted through Bix
CHANDELIER_HOT void divisive_transmission(ConstMatrixView p, ConstVectorView along_z, ConstVectorView inverse_d,
                                          Index n, MatrixView out) {
  const Real one_over_n = 1 / static_cast<Real>(n);
  assign_each(out, [&](Index r, Index b) { return -one_over_n * along_z[b] * inverse_d[b] * p(r, b); });
}

/// The product dq Bei in fp16 for the transmitted error: dq_j = -(below_j z_j)/(2 d).
CHANDELIER_HOT void transmitted_error_of_p_squared_in_fp16(ConstMatrixView below, ConstMatrixView z,
                                                           ConstVectorView inverse_d, VectorView out) {
  product_with_Bei_in_fp16(out, z.rows(), z.rows(),
                           [&](Index j, Index b) { return -below(j, b) * z(j, b) * inverse_d[b] / 2; });
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
  const VectorView d(d_.data(), batch_);
  if (size_.precision == Precision::fp16)
    divisive_inhibition_in_fp16(p(), size_.n, d);
  else
    divisive_inhibition(p(), size_.n, d);
  divisor_of(d, VectorView(inverse_d_.data(), batch_));
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
  const VectorView dq(dq_.data(), batch_);
  const bool in_fp16 = size_.precision == Precision::fp16;
  if (in_fp16)
    error_of_p_squared_in_fp16(u, mean, variance, d, lambda_, dq);
  else
    error_of_q(mean, variance, d, lambda_, dq);
  divisive_signal(p(), view(dq), in_fp16 ? 1 : 1 / static_cast<Real>(size_.n), error_p());

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
  const VectorView along_z(along_z_.data(), batch_);
  const ConstVectorView inverse_d(inverse_d_.data(), batch_);
  if (size_.precision == Precision::fp16) {
    transmitted_error_of_p_squared_in_fp16(below(), view(z_(batch_)), inverse_d, along_z);
    divisive_signal(p(), view(along_z), 1, transmitted_p());
    return;
  }
  dot_over_units(below(), view(z_(batch_)), along_z);
  divisive_transmission(p(), view(along_z), inverse_d, size_.n, transmitted_p());
}

std::optional<double> INorm::homeostatic_loss() const {
  return lambda_ * mean_over_batch(z_(batch_), [](double mean, double variance) {
           return mean * mean + (variance - 1) * (variance - 1);
         });
}

std::optional<double> INorm::layer_norm_distance() const { return distance_to_layer_norm(z_(batch_), e()); }

}  // namespace chandelier

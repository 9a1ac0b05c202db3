#include "circuits/inorm.hpp"

#include <algorithm>
#include <cmath>

#include "circuits/homeostasis.hpp"
#include "kernels/multiversion.hpp"
#include "kernels/products.hpp"

namespace chandelier {
namespace {

/// d = sqrt(sum_r p_r^2 / n + tau)
CHANDELIER_HOT void divisor_of(ConstMatrixView p, Index n, VectorView d) {
  const Index r = p.rows(), B = p.cols();
  Real* const out = d.data();
  std::fill_n(out, B, Real(0));
  for (Index i = 0; i < r; ++i) {
    const Real* const row = p.data() + i * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) out[b] += row[b] * row[b];
  }
  for (Index b = 0; b < B; ++b) out[b] = std::sqrt(out[b] / static_cast<Real>(n) + kTau);
}

/// z = (e - s) / d
CHANDELIER_HOT void subtract_and_divide(ConstMatrixView e, ConstMatrixView s, ConstVectorView d, MatrixView z) {
  const Index n = e.rows(), B = e.cols();
  const Real* const divisor = d.data();
  for (Index j = 0; j < n; ++j) {
    const Real* const excitation = e.data() + j * B;
    const Real* const inhibition = s.data() + j * B;
    Real* const out = z.data() + j * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) out[b] = (excitation[b] - inhibition[b]) / divisor[b];
  }
}

/// delta = N(g) / d, in place
CHANDELIER_HOT void divide(MatrixView error, ConstVectorView d) {
  const Index n = error.rows(), B = error.cols();
  const Real* const divisor = d.data();
  for (Index j = 0; j < n; ++j) {
    Real* const row = error.data() + j * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) row[b] /= divisor[b];
  }
}

/// ds = -du/d,  du = lambda/B * ( 2 mean/n + 4 (var - 1)(u - mean)/n )
CHANDELIER_HOT void subtractive_signal(ConstMatrixView u, ConstVectorView mean, ConstVectorView variance,
                                       ConstVectorView d, Real lambda, MatrixView ds) {
  const Index n = u.rows(), B = u.cols();
  const Real scale = lambda / static_cast<Real>(B) / static_cast<Real>(n);
  const Real* const m = mean.data();
  const Real* const v = variance.data();
  const Real* const divisor = d.data();
  for (Index j = 0; j < n; ++j) {
    const Real* const unit = u.data() + j * B;
    Real* const out = ds.data() + j * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) out[b] = -scale * (2 * m[b] + 4 * (v[b] - 1) * (unit[b] - m[b])) / divisor[b];
  }
}

/// The error of p = X Bix^T: 2 dq p/n, with dq = -(sum_j du_j u_j)/(2 d^2) and, from the equation of du,
/// sum_j du_j u_j = lambda/B * ( 2 mean^2 + 4 (var - 1) var ).
CHANDELIER_HOT void divisive_signal(ConstMatrixView p, ConstVectorView mean, ConstVectorView variance,
                                    ConstVectorView d, Real lambda, Index n, MatrixView dp) {
  const Index r = p.rows(), B = p.cols();
  const Real scale = lambda / static_cast<Real>(B);
  const Real* const m = mean.data();
  const Real* const v = variance.data();
  const Real* const divisor = d.data();
  for (Index i = 0; i < r; ++i) {
    const Real* const in = p.data() + i * B;
    Real* const out = dp.data() + i * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) {
      const Real du_u = scale * (2 * m[b] * m[b] + 4 * (v[b] - 1) * v[b]);
      const Real dq = -du_u / (2 * divisor[b] * divisor[b]);
      out[b] = 2 * dq * in[b] / static_cast<Real>(n);
    }
  }
}

}  // namespace

INorm::INorm(const LayerSize& size, Real lambda, bool error_divide)
    : Circuit(size, std::min(size.n, size.k)),
      lambda_(lambda),
      error_divide_(error_divide),
      z_(size.n, size.capacity),
      ds_(size.n, size.capacity),
      d_(size.capacity),
      mean_(size.capacity),
      variance_(size.capacity) {}

ConstMatrixView INorm::forward(const Input& x) {
  drive(x);
  divisor_of(p(), size_.n, VectorView(d_.data(), batch_));
  subtract_and_divide(e(), s(), *divisor(), z_(batch_));
  return view(z_(batch_));
}

void INorm::backward(const Input& x) {
  const ConstVectorView d = *divisor(), mean(mean_.data(), batch_), variance(variance_.data(), batch_);
  const ConstMatrixView u = view(z_(batch_));

  if (error_divide_) divide(normalized_error(), d);

  moments_over_units(u, VectorView(mean_.data(), batch_), VectorView(variance_.data(), batch_));
  subtractive_signal(u, mean, variance, d, lambda_, ds_(batch_));
  backward_product(parameter("Wei").value(), view(ds_(batch_)), error_i());
  divisive_signal(p(), mean, variance, d, lambda_, size_.n, error_p());

  learn("Wex", delta(), x.X);
  learn("Wix", view(error_i()), x.X);
  learn("Bix", view(error_p()), x.X);
  learn("bias", delta(), ones());
}

void INorm::error_below(MatrixView out) const { backward_product(parameter("Wex").value(), delta(), out); }

std::optional<double> INorm::homeostatic_loss() const {
  return lambda_ * mean_over_batch(z_(batch_), [](double mean, double variance) {
           return mean * mean + (variance - 1) * (variance - 1);
         });
}

std::optional<double> INorm::layer_norm_distance() const { return distance_to_layer_norm(z_(batch_), e()); }

}  // namespace chandelier

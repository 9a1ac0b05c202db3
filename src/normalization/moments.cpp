#include "normalization/moments.hpp"

#include <cmath>

#include "kernels/multiversion.hpp"

namespace chandelier {

void Moments::measure(ConstMatrixView z) {
  const Index B = z.cols();
  moments_over_units(z, VectorView(mean_.data(), B), VectorView(sd_.data(), B));
  for (Index b = 0; b < B; ++b) sd_[b] = std::sqrt(sd_[b] + kTau);
}

void Projection::measure(ConstMatrixView g, ConstMatrixView y) {
  const Index B = g.cols();
  mean_over_units(g, VectorView(mean_.data(), B));
  dot_over_units(g, y, VectorView(along_.data(), B));
  for (Index b = 0; b < B; ++b) along_[b] /= static_cast<Real>(g.rows());
}

CHANDELIER_HOT void centre(ConstMatrixView a, ConstVectorView mean, MatrixView out) {
  const Index n = a.rows(), B = a.cols();
  const Real* const m = mean.data();
  for (Index j = 0; j < n; ++j) {
    const Real* const in = a.data() + j * B;
    Real* const to = out.data() + j * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) to[b] = in[b] - m[b];
  }
}

CHANDELIER_HOT void scale(ConstMatrixView a, const Moments& moments, MatrixView out) {
  const Index n = a.rows(), B = a.cols();
  const Real* const sd = moments.sd();
  for (Index j = 0; j < n; ++j) {
    const Real* const in = a.data() + j * B;
    Real* const to = out.data() + j * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) to[b] = in[b] / sd[b];
  }
}

CHANDELIER_HOT void standardize(ConstMatrixView z, const Moments& of_z, MatrixView out) {
  const Index n = z.rows(), B = z.cols();
  const Real* const mean = of_z.mean();
  const Real* const sd = of_z.sd();
  for (Index j = 0; j < n; ++j) {
    const Real* const in = z.data() + j * B;
    Real* const to = out.data() + j * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) to[b] = (in[b] - mean[b]) / sd[b];
  }
}

CHANDELIER_HOT void decorrelate(ConstMatrixView g, ConstMatrixView y, const Projection& projection, MatrixView out) {
  const Index n = g.rows(), B = g.cols();
  const Real* const along = projection.along();
  for (Index j = 0; j < n; ++j) {
    const Real* const in = g.data() + j * B;
    const Real* const direction = y.data() + j * B;
    Real* const to = out.data() + j * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) to[b] = in[b] - direction[b] * along[b];
  }
}

CHANDELIER_HOT void centre_decorrelate_scale(ConstMatrixView g, ConstMatrixView y, const Projection& projection,
                                             const Real* sd, MatrixView out) {
  const Index n = g.rows(), B = g.cols();
  const Real* const mean = projection.mean();
  const Real* const along = projection.along();
  for (Index j = 0; j < n; ++j) {
    const Real* const in = g.data() + j * B;
    const Real* const direction = y.data() + j * B;
    Real* const to = out.data() + j * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) to[b] = (in[b] - mean[b] - direction[b] * along[b]) / sd[b];
  }
}

}  // namespace chandelier

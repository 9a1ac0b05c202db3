#include "normalization/moments.hpp"

#include <cmath>

#include "kernels/passes.hpp"

namespace chandelier {

void Moments::measure(ConstMatrixView z) {
  const Index B = z.cols();
  moments_over_units(z, VectorView(mean_.data(), B), VectorView(sd_.data(), B));
  for (Index b = 0; b < B; ++b) {
    sd_[b] = std::sqrt(sd_[b] + kTau);
    inverse_sd_[b] = 1 / sd_[b];
  }
}

void Projection::measure(ConstMatrixView g, ConstMatrixView y) {
  const Index B = g.cols();
  mean_over_units(g, VectorView(mean_.data(), B));
  dot_over_units(g, y, VectorView(along_.data(), B));
  for (Index b = 0; b < B; ++b) along_[b] /= static_cast<Real>(g.rows());
}

CHANDELIER_HOT void centre(ConstMatrixView a, ConstVectorView mean, MatrixView out) {
  assign_each(out, [&](Index j, Index b) { return a(j, b) - mean[b]; });
}

CHANDELIER_HOT void scale(ConstMatrixView a, const Moments& moments, MatrixView out) {
  const Real* const inverse_sd = moments.inverse_sd();
  assign_each(out, [&](Index j, Index b) { return a(j, b) * inverse_sd[b]; });
}

CHANDELIER_HOT void standardize(ConstMatrixView z, const Moments& of_z, MatrixView out) {
  const Real* const mean = of_z.mean();
  const Real* const inverse_sd = of_z.inverse_sd();
  assign_each(out, [&](Index j, Index b) { return (z(j, b) - mean[b]) * inverse_sd[b]; });
}

CHANDELIER_HOT void decorrelate(ConstMatrixView g, ConstMatrixView y, const Projection& projection, MatrixView out) {
  const Real* const along = projection.along();
  assign_each(out, [&](Index j, Index b) { return g(j, b) - y(j, b) * along[b]; });
}

CHANDELIER_HOT void centre_decorrelate_scale(ConstMatrixView g, ConstMatrixView y, const Projection& projection,
                                             const Moments& moments, MatrixView out) {
  const Real* const mean = projection.mean();
  const Real* const along = projection.along();
  const Real* const inverse_sd = moments.inverse_sd();
  assign_each(out, [&](Index j, Index b) { return (g(j, b) - mean[b] - y(j, b) * along[b]) * inverse_sd[b]; });
}

}  // namespace chandelier

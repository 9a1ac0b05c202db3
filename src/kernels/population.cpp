#include "kernels/population.hpp"

#include <algorithm>

#include "kernels/passes.hpp"

namespace chandelier {
namespace {

constexpr Index kTile = 16;

CHANDELIER_HOT void transpose_tile(const Real* from, Index from_stride, Real* to, Index to_stride, Index rows,
                                   Index columns) {
  if (rows == kTile && columns == kTile) {
    for (Index c = 0; c < kTile; ++c) {
      CHANDELIER_INDEPENDENT
      for (Index r = 0; r < kTile; ++r) to[c * to_stride + r] = from[r * from_stride + c];
    }
    return;
  }
  for (Index c = 0; c < columns; ++c)
    for (Index r = 0; r < rows; ++r) to[c * to_stride + r] = from[r * from_stride + c];
}

}  // namespace

CHANDELIER_HOT void mean_over_units(ConstMatrixView a, VectorView mean) {
  sum_over_units(mean, a.rows(), [&](Index j, Index b) { return a(j, b); });
  for (Index b = 0; b < mean.size(); ++b) mean[b] /= static_cast<Real>(a.rows());
}

CHANDELIER_HOT void moments_over_units(ConstMatrixView a, VectorView mean, VectorView variance) {
  mean_over_units(a, mean);
  sum_over_units(variance, a.rows(), [&](Index j, Index b) { return (a(j, b) - mean[b]) * (a(j, b) - mean[b]); });
  for (Index b = 0; b < variance.size(); ++b) variance[b] /= static_cast<Real>(a.rows());
}

CHANDELIER_HOT void dot_over_units(ConstMatrixView a, ConstMatrixView b, VectorView dot) {
  sum_over_units(dot, a.rows(), [&](Index j, Index s) { return a(j, s) * b(j, s); });
}

CHANDELIER_HOT void add_bias(MatrixView a, ConstVectorView bias) {
  assign_each(a, [&](Index j, Index b) { return a(j, b) + bias[j]; });
}

CHANDELIER_HOT void rectify(ConstMatrixView y, MatrixView h) {
  assign_each(h, [&](Index j, Index b) { return y(j, b) < 0 ? Real(0) : y(j, b); });
}

CHANDELIER_HOT void pass_where_active(ConstMatrixView y, MatrixView g) {
  assign_each(g, [&](Index j, Index b) { return y(j, b) > 0 ? g(j, b) : Real(0); });
}

void transpose(ConstMatrixView from, MatrixView to) {
  for (Index r = 0; r < from.rows(); r += kTile)
    for (Index c = 0; c < from.cols(); c += kTile)
      transpose_tile(from.data() + r * from.cols() + c, from.cols(), to.data() + c * to.cols() + r, to.cols(),
                     std::min(kTile, from.rows() - r), std::min(kTile, from.cols() - c));
}

CHANDELIER_HOT void project_non_negative(MatrixView w) {
  assign_each(w, [&](Index i, Index j) { return w(i, j) < 0 ? Real(0) : w(i, j); });
}

}  // namespace chandelier

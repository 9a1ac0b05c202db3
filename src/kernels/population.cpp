#include "kernels/population.hpp"

#include <algorithm>

#include "kernels/multiversion.hpp"

namespace chandelier {
namespace {

CHANDELIER_HOT void transpose_block(const Real* from, Index from_stride, Real* to, Index to_stride, Index rows,
                                    Index columns) {
  constexpr Index kTile = 16;
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
  const Index n = a.rows(), B = a.cols();
  Real* const out = mean.data();
  std::fill_n(out, B, Real(0));
  for (Index j = 0; j < n; ++j) {
    const Real* const row = a.data() + j * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) out[b] += row[b];
  }
  const Real share = Real(1) / static_cast<Real>(n);
  for (Index b = 0; b < B; ++b) out[b] *= share;
}

CHANDELIER_HOT void moments_over_units(ConstMatrixView a, VectorView mean, VectorView variance) {
  mean_over_units(a, mean);
  const Index n = a.rows(), B = a.cols();
  const Real* const m = mean.data();
  Real* const out = variance.data();
  std::fill_n(out, B, Real(0));
  for (Index j = 0; j < n; ++j) {
    const Real* const row = a.data() + j * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) out[b] += (row[b] - m[b]) * (row[b] - m[b]);
  }
  const Real share = Real(1) / static_cast<Real>(n);
  for (Index b = 0; b < B; ++b) out[b] *= share;
}

CHANDELIER_HOT void dot_over_units(ConstMatrixView a, ConstMatrixView b, VectorView dot) {
  const Index n = a.rows(), B = a.cols();
  Real* const out = dot.data();
  std::fill_n(out, B, Real(0));
  for (Index j = 0; j < n; ++j) {
    const Real* const left = a.data() + j * B;
    const Real* const right = b.data() + j * B;
    CHANDELIER_INDEPENDENT
    for (Index s = 0; s < B; ++s) out[s] += left[s] * right[s];
  }
}

CHANDELIER_HOT void add_bias(MatrixView a, ConstVectorView bias) {
  const Index n = a.rows(), B = a.cols();
  for (Index j = 0; j < n; ++j) {
    Real* const row = a.data() + j * B;
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) row[b] += bias[j];
  }
}

CHANDELIER_HOT void rectify(ConstMatrixView y, MatrixView h) {
  const Index size = y.size();
  const Real* const in = y.data();
  Real* const out = h.data();
  CHANDELIER_INDEPENDENT
  for (Index i = 0; i < size; ++i) out[i] = in[i] < 0 ? Real(0) : in[i];
}

CHANDELIER_HOT void pass_where_active(ConstMatrixView y, MatrixView g) {
  const Index size = y.size();
  const Real* const in = y.data();
  Real* const out = g.data();
  CHANDELIER_INDEPENDENT
  for (Index i = 0; i < size; ++i) out[i] = in[i] > 0 ? out[i] : Real(0);
}

void transpose(ConstMatrixView from, MatrixView to) {
  constexpr Index kTile = 16;
  for (Index r = 0; r < from.rows(); r += kTile)
    for (Index c = 0; c < from.cols(); c += kTile)
      transpose_block(from.data() + r * from.cols() + c, from.cols(), to.data() + c * to.cols() + r, to.cols(),
                      std::min(kTile, from.rows() - r), std::min(kTile, from.cols() - c));
}

CHANDELIER_HOT void project_non_negative(MatrixView w) {
  const Index size = w.size();
  Real* const out = w.data();
  CHANDELIER_INDEPENDENT
  for (Index i = 0; i < size; ++i) out[i] = out[i] < 0 ? Real(0) : out[i];
}

}  // namespace chandelier

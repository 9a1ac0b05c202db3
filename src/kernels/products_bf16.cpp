#include "kernels/products_bf16.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "kernels/multiversion.hpp"
#include "kernels/products_fp32.hpp"
#include "kernels/rounding.hpp"

#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace chandelier {
namespace {

constexpr Index kBlock = 48;  ///< rows or columns of the weights that are rounded at a time

Real rounded(Real x) { return static_cast<Real>(rounded_to_bf16(static_cast<float>(x))); }

/// to(i', j) = bf16(from(i, j)), where i' is the other row of the pair of i.
CHANDELIER_HOT void round_swapping_rows(const Real* from, Index stride, MatrixView to) {
  for (Index i = 0; i < to.rows(); ++i, from += stride) {
    const Index other = (i ^ 1) < to.rows() ? i ^ 1 : i;
    Real* const row = to.data() + other * to.cols();
    CHANDELIER_INDEPENDENT
    for (Index j = 0; j < to.cols(); ++j) row[j] = rounded(from[j]);
  }
}

/// to(i, j') = bf16(scale from(i, j)), where j' is the other column of the pair of j.
CHANDELIER_HOT void round_swapping_columns(Real scale, const Real* from, MatrixView to) {
  const Index columns = to.cols();
  Real* row = to.data();
  for (Index i = 0; i < to.rows(); ++i, from += columns, row += columns) {
    CHANDELIER_INDEPENDENT
    for (Index pair = 0; pair < columns / 2; ++pair) {
      row[2 * pair] = rounded(scale * from[2 * pair + 1]);
      row[2 * pair + 1] = rounded(scale * from[2 * pair]);
    }
    if (columns % 2 != 0) row[columns - 1] = rounded(scale * from[columns - 1]);
  }
}

}  // namespace

#if defined(__x86_64__)
WithoutSubnormals::WithoutSubnormals() : before_(_mm_getcsr()) {
  constexpr unsigned int kOfResults = 1U << 15U, kOfOperands = 1U << 6U;
  _mm_setcsr(before_ | kOfResults | kOfOperands);
}
WithoutSubnormals::~WithoutSubnormals() { _mm_setcsr(before_); }
#else
WithoutSubnormals::WithoutSubnormals() {
  throw SettingError("precision is 'bf16', which needs an x86-64 CPU; use fp32 or fp16");
}
WithoutSubnormals::~WithoutSubnormals() = default;
#endif

Bf16Products::Bf16Products(Index rows, Index columns, Index capacity)
    : weights_(kBlock, std::max(rows, columns)), above_(rows, capacity), below_(columns, capacity) {
  const WithoutSubnormals must_be_possible;
}

void Bf16Products::forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) {
  const MatrixView below = sized(below_, Xt.rows(), Xt.cols());
  round_swapping_rows(Xt.data(), Xt.cols(), below);
  for (Index r = 0; r < W.rows(); r += kBlock) {
    const Index rows = std::min(kBlock, W.rows() - r);
    const MatrixView weights = sized(weights_, rows, W.cols());
    round_swapping_columns(1, W.data() + r * W.cols(), weights);
    const WithoutSubnormals scope;
    fp32_kernels().forward(view(weights), view(below), rows_of(out, r, rows));
  }
}

void Bf16Products::backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) {
  const MatrixView above = sized(above_, D.rows(), D.cols());
  round_swapping_rows(D.data(), D.cols(), above);
  for (Index c = 0; c < W.cols(); c += kBlock) {
    const Index columns = std::min(kBlock, W.cols() - c);
    const MatrixView weights = sized(weights_, W.rows(), columns);
    round_swapping_rows(W.data() + c, W.cols(), weights);
    const WithoutSubnormals scope;
    fp32_kernels().backward(view(weights), view(above), rows_of(out, c, columns));
  }
}

void Bf16Products::update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) {
  const MatrixView above = sized(above_, D.rows(), D.cols()), below = sized(below_, X.rows(), X.cols());
  round_swapping_columns(rate, D.data(), above);
  round_swapping_rows(X.data(), X.cols(), below);
  const WithoutSubnormals scope;
  fp32_kernels().update(W, keep, 1, view(above), view(below), least);
}

}  // namespace chandelier

#include "kernels/products_bf16.hpp"

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "kernels/population.hpp"

namespace chandelier {

Bf16Products::Bf16Products(const PairKernels& kernels, Index rows, Index columns, Index capacity)
    : kernels_(kernels),
      A_(Eigen::ArrayX<Pair>::Zero(kernels.rows * kDepth / 2)),
      B_(Eigen::ArrayX<Pair>::Zero(kDepth / 2 * in_blocks(std::max(columns, capacity)))),
      D_by_sample_(capacity, rows),
      out_(capacity, columns) {}

void Bf16Products::forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) {
  multiply(1, W, Xt, 0, out, -std::numeric_limits<Real>::infinity());
}

void Bf16Products::backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) {
  // out^T = D^T W, so that the weights are rounded as they lie
  const Index n = W.rows(), k = W.cols(), B = D.cols();
  const MatrixView D_by_sample(D_by_sample_.data(), B, n), out_by_sample(out_.data(), B, k);
  transpose(D, D_by_sample);
  multiply(1, view(D_by_sample), W, 0, out_by_sample, -std::numeric_limits<Real>::infinity());
  transpose(view(out_by_sample), out);
}

void Bf16Products::update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) {
  multiply(rate, D, X, keep, W, least);
}

#ifdef CHANDELIER_DOUBLE
void Bf16Products::multiply(Real, ConstMatrixView, ConstMatrixView, Real, MatrixView, Real) {
  throw Bug("bf16 is a precision of fp32 networks");
}
#else
void Bf16Products::multiply(Real scale, ConstMatrixView A, ConstMatrixView B, Real keep, MatrixView C, Real least) {
  const Index rows = A.rows(), inner = A.cols(), columns = B.cols();
  if (inner == 0) throw Bug("a sum of nothing");
  kernels_.begin();
  const Index parts = (inner + kDepth - 1) / kDepth, part = 2 * in_blocks(((inner + parts - 1) / parts + 1) / 2);
  for (Index first = 0; first < inner; first += part) {
    const Index depth = std::min(part, inner - first), pairs = (depth + 1) / 2;
    const bool last = first + depth == inner;
    kernels_.round_columns(B.data() + first * columns, columns, depth, columns, B_.data());
    const Index rows_at_once = A_.size() / in_blocks(pairs) / kernels_.rows * kernels_.rows;
    for (Index r = 0; r < rows; r += rows_at_once) {
      const Index count = std::min(rows_at_once, rows - r);
      kernels_.round_rows(A.data() + r * inner + first, inner, count, depth, scale, A_.data());
      kernels_.multiply({.A = A_.data(),
                         .A_stride = in_blocks(pairs),
                         .B = B_.data(),
                         .B_stride = in_blocks(columns),
                         .C = C.data() + r * columns,
                         .C_stride = columns,
                         .rows = count,
                         .pairs = pairs,
                         .columns = columns,
                         .keep = first == 0 ? keep : 1,
                         .least = last ? least : -std::numeric_limits<Real>::infinity()});
    }
  }
  kernels_.end();
}
#endif

}  // namespace chandelier

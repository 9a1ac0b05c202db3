// Reference implementation of the matrix products of products.hpp. Every element is one chain of fused multiply-adds
// that starts at +0, in the order of the summation index. The fp32 kernels (products_fp32.cpp) are bitwise identical to
// it on every CPU.

#pragma once

#include <cmath>

#include "base/matrix.hpp"
#include "kernels/rounding.hpp"

namespace chandelier::reference {

inline void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) {
  for (Index i = 0; i < W.rows(); ++i)
    for (Index b = 0; b < Xt.cols(); ++b) {
      Real sum = 0;
      for (Index j = 0; j < W.cols(); ++j) sum = std::fma(W(i, j), Xt(j, b), sum);
      out(i, b) = sum;
    }
}

inline void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out) {
  for (Index j = 0; j < W.cols(); ++j)
    for (Index b = 0; b < D.cols(); ++b) {
      Real sum = 0;
      for (Index i = 0; i < W.rows(); ++i) sum = std::fma(W(i, j), D(i, b), sum);
      out(j, b) = sum;
    }
}

inline void update_product(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) {
  for (Index i = 0; i < W.rows(); ++i)
    for (Index j = 0; j < W.cols(); ++j) {
      Real sum = 0;
      for (Index b = 0; b < D.cols(); ++b) sum = std::fma(D(i, b), X(b, j), sum);
      const Real kept = keep == 0 ? Real(0) : keep * W(i, j);
      const Real w = std::fma(rate, sum, kept);
      W(i, j) = w < least ? least : w;  // NaN stays NaN
    }
}

// The products in bf16 (products_bf16.hpp).

/// x, or a zero of the same sign if x is subnormal.
inline Real without_subnormal(Real x) { return std::fabs(x) < Real(0x1p-126) ? std::copysign(Real(0), x) : x; }

/// The sum of a(i) b(i) over i < count, factors rounded to bf16, in the order i = 1, 0, 3, 2, ...
template <class A, class B>
Real sum_of_pairs(Index count, A a, B b) {
  Real sum = 0;
  for (Index pair = 0; pair < count; pair += 2)
    for (const Index i : {pair + 1, pair})
      if (i < count)
        sum = without_subnormal(std::fma(Real(rounded_to_bf16(float(a(i)))), Real(rounded_to_bf16(float(b(i)))), sum));
  return sum;
}

inline void forward_product_bf16(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) {
  for (Index i = 0; i < W.rows(); ++i)
    for (Index b = 0; b < Xt.cols(); ++b)
      out(i, b) = sum_of_pairs(
          W.cols(), [&](Index j) { return W(i, j); }, [&](Index j) { return Xt(j, b); });
}

inline void backward_product_bf16(ConstMatrixView W, ConstMatrixView D, MatrixView out) {
  for (Index j = 0; j < W.cols(); ++j)
    for (Index b = 0; b < D.cols(); ++b)
      out(j, b) = sum_of_pairs(
          W.rows(), [&](Index i) { return W(i, j); }, [&](Index i) { return D(i, b); });
}

inline void update_product_bf16(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) {
  for (Index i = 0; i < W.rows(); ++i)
    for (Index j = 0; j < W.cols(); ++j) {
      const Real sum = sum_of_pairs(
          D.cols(), [&](Index b) { return rate * D(i, b); }, [&](Index b) { return X(b, j); });
      const Real kept = keep == 0 ? Real(0) : without_subnormal(keep * without_subnormal(W(i, j)));
      const Real w = without_subnormal(sum + kept);
      W(i, j) = w < least ? least : w;
    }
}

}  // namespace chandelier::reference

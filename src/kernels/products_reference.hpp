// The products of products.hpp as plain loops: what the fast ones are compared with.

#pragma once

#include <limits>

#include "base/matrix.hpp"

namespace chandelier::reference {

inline void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) {
  for (Index i = 0; i < W.rows(); ++i)
    for (Index b = 0; b < Xt.cols(); ++b) {
      double sum = 0;
      for (Index j = 0; j < W.cols(); ++j) sum += static_cast<double>(W(i, j)) * Xt(j, b);
      out(i, b) = static_cast<Real>(sum);
    }
}

inline void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out) {
  for (Index j = 0; j < W.cols(); ++j)
    for (Index b = 0; b < D.cols(); ++b) {
      double sum = 0;
      for (Index i = 0; i < W.rows(); ++i) sum += static_cast<double>(W(i, j)) * D(i, b);
      out(j, b) = static_cast<Real>(sum);
    }
}

inline void update_product(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X,
                           Real least = -std::numeric_limits<Real>::infinity()) {
  for (Index i = 0; i < W.rows(); ++i)
    for (Index j = 0; j < W.cols(); ++j) {
      double sum = 0;
      for (Index b = 0; b < D.cols(); ++b) sum += static_cast<double>(D(i, b)) * X(b, j);
      const Real w = static_cast<Real>((keep == 0 ? 0.0 : keep * W(i, j)) + rate * sum);
      W(i, j) = w < least ? least : w;
    }
}

}  // namespace chandelier::reference

#include "kernels/products_fp16.hpp"

#include <limits>

#include "kernels/passes.hpp"
#include "kernels/products_fp32.hpp"
#include "kernels/rounding.hpp"

namespace chandelier {
namespace {

CHANDELIER_HOT void round_to_fp16(ConstMatrixView from, MatrixView to) {
  assign_each(to, [&](Index i, Index j) { return static_cast<Real>(rounded_to_fp16(static_cast<float>(from(i, j)))); });
}

/// W = max(least, keep W + rate G); NaN stays NaN. With keep = 0, the old contents of W do not matter.
CHANDELIER_HOT void add_scaled(MatrixView W, Real keep, Real rate, ConstMatrixView G, Real least) {
  assign_each(W, [&](Index i, Index j) {
    const Real w = (keep == 0 ? Real(0) : keep * W(i, j)) + rate * G(i, j);
    return w < least ? least : w;
  });
}

constexpr Real kNone = -std::numeric_limits<Real>::infinity();

}  // namespace

Fp16Products::Fp16Products(Index rows, Index columns, Index capacity)
    : weights_(rows, columns), above_(rows, capacity), below_(columns, capacity) {}

void Fp16Products::forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) {
  const MatrixView weights = sized(weights_, W.rows(), W.cols()), below = sized(below_, Xt.rows(), Xt.cols());
  round_to_fp16(W, weights);
  round_to_fp16(Xt, below);
  fp32_kernels().forward(view(weights), view(below), out);
  round_to_fp16(view(out), out);
}

void Fp16Products::backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) {
  const MatrixView weights = sized(weights_, W.rows(), W.cols()), above = sized(above_, D.rows(), D.cols());
  round_to_fp16(W, weights);
  round_to_fp16(D, above);
  fp32_kernels().backward(view(weights), view(above), out);
  round_to_fp16(view(out), out);
}

void Fp16Products::update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) {
  const MatrixView gradient = sized(weights_, W.rows(), W.cols());
  const MatrixView above = sized(above_, D.rows(), D.cols()), below = sized(below_, X.rows(), X.cols());
  round_to_fp16(D, above);
  round_to_fp16(X, below);
  fp32_kernels().update(gradient, 0, 1, view(above), view(below), kNone);
  round_to_fp16(view(gradient), gradient);
  add_scaled(W, keep, rate, view(gradient), least);
}

}  // namespace chandelier

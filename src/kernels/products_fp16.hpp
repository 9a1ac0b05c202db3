// The matrix products of products.hpp as in PyTorch's autocast: operands and results are rounded to fp16
// (rounding.hpp), sums are fp32, and the loss is not scaled. Magnitudes of 65520 and more become infinite, those up to
// 2^-25 become 0. Elementwise work, sums over units, bias gradients and weights are not rounded.

#pragma once

#include "kernels/products.hpp"

namespace chandelier {

/// Uses the fp32 kernels on rounded copies of the operands.
class Fp16Products final : public Products {
 public:
  /// For weights of at most `rows` x `columns` and batches of at most `capacity`.
  Fp16Products(Index rows, Index columns, Index capacity);

  void forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) override;
  void backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) override;
  /// The product D X is rounded before it is multiplied by the rate.
  void update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) override;

 private:
  Matrix weights_, above_, below_;  ///< rounded; activity or errors above and below the weights
};

}  // namespace chandelier

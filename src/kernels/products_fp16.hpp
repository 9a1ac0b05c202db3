// The products of products.hpp as PyTorch's autocast has them: operands and results are rounded to fp16 (rounding.hpp),
// sums are fp32.

#pragma once

#include "kernels/products.hpp"

namespace chandelier {

/// By the kernels of fp32, on copies of the operands.
class Fp16Products final : public Products {
 public:
  /// For weights of at most `rows` x `columns` and batches of at most `capacity`.
  Fp16Products(Index rows, Index columns, Index capacity);

  void forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) override;
  void backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) override;
  /// The product D X is rounded before the rate multiplies it.
  void update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) override;

 private:
  Matrix weights_, above_, below_;  ///< rounded; what lies above the weights and below
};

}  // namespace chandelier

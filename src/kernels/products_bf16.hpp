// The products of products.hpp with operands in bf16 (bf16.hpp), sums and weights in fp32.

#pragma once

#include "kernels/bf16.hpp"
#include "kernels/products.hpp"

namespace chandelier {

/// Any shape goes any way; an update rounds `rate D`, not D. A sum of more than kDepth terms is that of parts, as
/// equal as whole blocks of pairs can be, so that what is multiplied stays in the fastest cache.
class Bf16Products final : public Products {
 public:
  static constexpr Index kDepth = 288;
  static_assert(kDepth % (2 * kPairBlock) == 0);

  /// Room for weights of `rows` x `columns` and batches of `capacity`.
  Bf16Products(const PairKernels& kernels, Index rows, Index columns, Index capacity);

  void forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) override;
  void backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) override;
  void update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) override;

 private:
  /// C = max(least, keep C + (scale A) B)
  void multiply(Real scale, ConstMatrixView A, ConstMatrixView B, Real keep, MatrixView C, Real least);

  [[maybe_unused]] const PairKernels& kernels_;  ///< not where Real is double
  Eigen::ArrayX<Pair> A_, B_;                    ///< a block of rows of A; B
  Matrix D_by_sample_, out_;                     ///< [B x n], [B x k], of the backward product
};

}  // namespace chandelier

// The three matrix products (GEMM) of a training step, for row-major weights W [n x k] and a batch of B samples:
//
//   forward   Z^T  = W X^T                         [n x B] = [n x k] [k x B]
//   backward  dX^T = W^T D                         [k x B] = [k x n] [n x B]
//   update    W    = max(least, keep W + rate D X)      D [n x B], X [B x k]
//
// There are three precisions: fp32; bf16, with rounded operands (products_bf16.hpp); and fp16, with rounded operands
// and results (products_fp16.hpp). products_reference.hpp is the reference implementation in plain loops. The fp32
// kernels (products_fp32.hpp) are bitwise identical to it on every CPU.

#pragma once

#include <limits>
#include <memory>
#include <string>

#include "base/matrix.hpp"

namespace chandelier {

/// What the operands of matrix products are rounded to; in fp16 their results too. Weights, sums and the rest are fp32.
enum class Precision { fp32, bf16, fp16 };

/// The three products in one precision, with their work space.
class Products {
 public:
  virtual ~Products() = default;
  /// out = W Xt. Shapes: W [n x k], Xt [k x B], out [n x B].
  virtual void forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) = 0;
  /// out = W^T D. Shapes: W [n x k], D [n x B], out [k x B].
  virtual void backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) = 0;
  /// W = max(least, keep W + rate D X); NaN stays NaN. Shapes: W [n x k], D [n x B], X [B x k].
  /// With keep = 0, the old contents of W do not matter.
  virtual void update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) = 0;
};

/// Products for weights of at most `rows` x `columns` and batches of at most `capacity`.
std::unique_ptr<Products> make_products(Precision precision, Index rows, Index columns, Index capacity);

/// The products in fp32, for any shape.
Products& fp32_products();

/// One line for users of bf16: whether it is fast on this machine.
std::string bf16_in_words();

// The fp32 products as functions.

/// out = W Xt. Shapes: W [n x k], Xt [k x B], out [n x B].
void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out);

/// out = W^T D. Shapes: W [n x k], D [n x B], out [k x B].
void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out);

/// W = max(least, keep W + rate D X); NaN stays NaN. Shapes: W [n x k], D [n x B], X [B x k].
/// With keep = 0, the old contents of W do not matter.
void update_product(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X,
                    Real least = -std::numeric_limits<Real>::infinity());

}  // namespace chandelier

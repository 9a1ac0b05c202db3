// The three matrix products of learning, on plain row-major weights W [n x k], a batch of B samples:
//
//   forward   Z^T  = W X^T                         [n x B] = [n x k] [k x B]
//   backward  dX^T = W^T D                         [k x B] = [k x n] [n x B]
//   update    W    = max(least, keep W + rate D X)      D [n x B], X [B x k]
//
// in one of three precisions: fp32, with operands rounded to bf16 (products_bf16.hpp), or with operands and results
// rounded to fp16 (products_fp16.hpp). products_reference.hpp defines them in plain loops; the kernels of
// products_fp32.hpp give the same bits on every CPU.

#pragma once

#include <limits>
#include <memory>
#include <string>

#include "base/matrix.hpp"

namespace chandelier {

/// What the operands of products are rounded to. Weights, sums and all else are fp32.
enum class Precision { fp32, bf16, fp16 };

/// The three products in one precision, with the room that they take.
class Products {
 public:
  virtual ~Products() = default;
  /// out = W Xt. Shapes: W [n x k], Xt [k x B], out [n x B].
  virtual void forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) = 0;
  /// out = W^T D. Shapes: W [n x k], D [n x B], out [k x B].
  virtual void backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) = 0;
  /// W = max(least, keep W + rate D X), NaN staying NaN. Shapes: W [n x k], D [n x B], X [B x k].
  /// With keep = 0, W may hold anything before.
  virtual void update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) = 0;
};

/// Products for weights of at most `rows` x `columns` and batches of at most `capacity`.
std::unique_ptr<Products> make_products(Precision precision, Index rows, Index columns, Index capacity);

/// Those in fp32, for any shape.
Products& fp32_products();

/// What somebody who asks for bf16 should know of this machine: a line.
std::string bf16_in_words();

// The same in fp32, as functions.

/// out = W Xt. Shapes: W [n x k], Xt [k x B], out [n x B].
void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out);

/// out = W^T D. Shapes: W [n x k], D [n x B], out [k x B].
void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out);

/// W = max(least, keep W + rate D X), NaN staying NaN. Shapes: W [n x k], D [n x B], X [B x k].
/// With keep = 0, W may hold anything before.
void update_product(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X,
                    Real least = -std::numeric_limits<Real>::infinity());

}  // namespace chandelier

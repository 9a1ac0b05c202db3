// The three matrix products of learning, on plain row-major weights W [n x k], a batch of B samples:
//
//   forward   Z^T  = W X^T        [n x B] = [n x k] [k x B]
//   backward  dX^T = W^T D        [k x B] = [k x n] [n x B]
//   update    W    = keep W + rate D X,   D [n x B], X [B x k]
//
// They are cut into pieces small enough for the kernels that a BLAS keeps for small products: those read the operands
// where they lie, where the general path first copies them. products_reference.hpp says the same in plain loops.

#pragma once

#include "base/matrix.hpp"

namespace chandelier {

/// out = W Xt. Shapes: W [n x k], Xt [k x B], out [n x B].
void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out);

/// out = W^T D. Shapes: W [n x k], D [n x B], out [k x B].
void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out);

/// W = keep W + rate D X. Shapes: W [n x k], D [n x B], X [B x k]. With keep = 0, W may hold anything before.
void update_product(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X);

/// How many rows of an update to do at a time, so that what follows (the projection) finds them in the cache.
Index update_piece(Index k, Index batch);

/// One run uses one core: tells a multi-threaded BLAS so. Call once, before any thread starts.
void use_one_blas_thread();

}  // namespace chandelier

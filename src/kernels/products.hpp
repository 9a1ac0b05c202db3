// The three matrix products of learning, on plain row-major weights W [n x k], a batch of B samples:
//
//   forward   Z^T  = W X^T                         [n x B] = [n x k] [k x B]
//   backward  dX^T = W^T D                         [k x B] = [k x n] [n x B]
//   update    W    = max(least, keep W + rate D X)      D [n x B], X [B x k]
//
// A CPU with AVX-512 takes our own kernels (products_avx512.hpp), any other a BLAS (products_blas.hpp).
// products_reference.hpp says the same in plain loops.

#pragma once

#include <limits>

#include "base/matrix.hpp"

namespace chandelier {

/// out = W Xt. Shapes: W [n x k], Xt [k x B], out [n x B].
void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out);

/// out = W^T D. Shapes: W [n x k], D [n x B], out [k x B].
void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out);

/// W = max(least, keep W + rate D X), NaN staying NaN. Shapes: W [n x k], D [n x B], X [B x k].
/// With keep = 0, W may hold anything before.
void update_product(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X,
                    Real least = -std::numeric_limits<Real>::infinity());

/// One run uses one core: tells a multi-threaded BLAS so. Call once, before any thread starts.
void use_one_blas_thread();

/// Lets several threads compute products at once. A BLAS that is not made for that (OpenBLAS's serial build) then takes
/// one call at a time; our own kernels are free. Call once, before any thread starts.
void allow_products_in_threads();

}  // namespace chandelier

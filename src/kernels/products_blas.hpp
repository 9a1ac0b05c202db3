// The products of products.hpp by a BLAS, for any CPU and any shape.
//
// They are cut into pieces small enough for the kernels that OpenBLAS keeps for small products: those read the operands
// where they lie, where the general path first copies them.

#pragma once

#include "base/matrix.hpp"

namespace chandelier::blas {

void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out);
void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out);
void update_product(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least);

/// From now on one call of the BLAS at a time.
void take_calls_in_turn();

}  // namespace chandelier::blas

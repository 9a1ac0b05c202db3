// The products of products.hpp in fp32 with AVX-512, on tiles whose sums stay in registers. docs/choices.md says
// why they are not left to a BLAS.

#pragma once

#include "base/matrix.hpp"

namespace chandelier::avx512 {

/// Whether these may be called: the CPU has AVX-512, and Real is float.
bool is_there();

inline constexpr Index kLanes = 16;          ///< floats of a register
inline constexpr Index kPanel = 2 * kLanes;  ///< samples of a tile

// The number of samples must be a multiple of a panel.
void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out);
void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out);

/// W = max(least, W + rate D X)
void update_product(MatrixView W, Real rate, ConstMatrixView D, ConstMatrixView X, Real least);

}  // namespace chandelier::avx512

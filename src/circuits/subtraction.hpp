// Elementwise operations shared by the circuits with subtractive inhibition.

#pragma once

#include "base/matrix.hpp"

namespace chandelier {

/// z = e - s
void subtract(ConstMatrixView e, ConstMatrixView s, MatrixView z);

/// a = -a
void negate(MatrixView a);

/// to = -from^T
void negated_transpose(ConstMatrixView from, MatrixView to);

}  // namespace chandelier

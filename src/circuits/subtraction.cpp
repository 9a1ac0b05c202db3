#include "circuits/subtraction.hpp"

#include "kernels/passes.hpp"

namespace chandelier {

CHANDELIER_HOT void subtract(ConstMatrixView e, ConstMatrixView s, MatrixView z) {
  assign_each(z, [&](Index j, Index b) { return e(j, b) - s(j, b); });
}

CHANDELIER_HOT void negate(MatrixView a) {
  assign_each(a, [&](Index j, Index b) { return -a(j, b); });
}

void negated_transpose(ConstMatrixView from, MatrixView to) {
  for (Index i = 0; i < from.rows(); ++i)
    for (Index b = 0; b < from.cols(); ++b) to(b, i) = -from(i, b);
}

}  // namespace chandelier

#include "circuits/passes.hpp"

#include "kernels/multiversion.hpp"

namespace chandelier {

CHANDELIER_HOT void subtract(ConstMatrixView e, ConstMatrixView s, MatrixView z) {
  const Index size = e.size();
  const Real* const excitation = e.data();
  const Real* const inhibition = s.data();
  Real* const out = z.data();
  CHANDELIER_INDEPENDENT
  for (Index i = 0; i < size; ++i) out[i] = excitation[i] - inhibition[i];
}

CHANDELIER_HOT void negate(MatrixView a) {
  const Index size = a.size();
  Real* const out = a.data();
  CHANDELIER_INDEPENDENT
  for (Index i = 0; i < size; ++i) out[i] = -out[i];
}

void negated_transpose(ConstMatrixView from, MatrixView to) {
  for (Index i = 0; i < from.rows(); ++i)
    for (Index b = 0; b < from.cols(); ++b) to(b, i) = -from(i, b);
}

}  // namespace chandelier

// Passes over a population: they turn an equation for unit j and sample b into a loop that the compiler vectorizes.
// Use them inside CHANDELIER_HOT functions. Arrays are [units x B] with contiguous samples.

#pragma once

#include <algorithm>

#include "base/matrix.hpp"
#include "kernels/multiversion.hpp"

namespace chandelier {

/// out(j, b) = f(j, b) for every unit j and sample b. f may read out(j, b), but no other element of `out`.
template <class Equation>
inline void assign_each(MatrixView out, Equation f) {
  const Index n = out.rows(), B = out.cols();
  Real* row = out.data();
  for (Index j = 0; j < n; ++j, row += B) {
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) row[b] = f(j, b);
  }
}

/// sum(b) = sum over units j < n of f(j, b), added in the order of the units.
template <class Equation>
inline void sum_over_units(VectorView sum, Index n, Equation f) {
  constexpr Index kBlock = 32;  // samples; their sums stay in registers
  const Index B = sum.size();
  Real* const out = sum.data();
  Index first = 0;
  for (; first + kBlock <= B; first += kBlock) {
    Real block[kBlock] = {};
    for (Index j = 0; j < n; ++j) {
      CHANDELIER_INDEPENDENT
      for (Index b = 0; b < kBlock; ++b) block[b] += f(j, first + b);
    }
    std::copy_n(block, kBlock, out + first);
  }
  std::fill_n(out + first, B - first, Real(0));
  for (Index j = 0; j < n; ++j) {
    CHANDELIER_INDEPENDENT
    for (Index b = first; b < B; ++b) out[b] += f(j, b);
  }
}

}  // namespace chandelier

// A pass over a population: how an equation for unit j and sample b becomes a loop that a compiler vectorizes.
// To be used inside CHANDELIER_HOT functions; arrays are [units x B], samples contiguous.

#pragma once

#include <algorithm>

#include "base/matrix.hpp"
#include "kernels/multiversion.hpp"

namespace chandelier {

/// out(j, b) = f(j, b) for every unit j and sample b. f may read out(j, b) itself, but no other element of it.
template <class Equation>
inline void assign_each(MatrixView out, Equation f) {
  const Index n = out.rows(), B = out.cols();
  Real* row = out.data();
  for (Index j = 0; j < n; ++j, row += B) {
    CHANDELIER_INDEPENDENT
    for (Index b = 0; b < B; ++b) row[b] = f(j, b);
  }
}

/// sum(b) = sum over units j < n of f(j, b), unit after unit.
template <class Equation>
inline void sum_over_units(VectorView sum, Index n, Equation f) {
  constexpr Index kBlock = 32;  // samples whose sums stay in registers
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

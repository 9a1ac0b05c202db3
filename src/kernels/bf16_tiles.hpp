// Products of bf16 on a unit that multiplies tiles: AMX (bf16_amx.cpp), or a model of it in tests.
//
// A tile has 16 rows of 16 words. `multiply` adds to a tile of sums what 16 rows of A and 16 columns of B give over 16
// pairs. By its manual AMX sums over the first of all these pairs and over the second, and adds both: another order
// than that of bf16.hpp, so the bits differ as those of sums in fp32 do.

#pragma once

#include <algorithm>

#include "kernels/bf16.hpp"

// What is inlined may use the instructions of the function around it.
#define CHANDELIER_INLINE inline __attribute__((always_inline))

namespace chandelier {

/// Two by two tiles of sums, as they lie in memory. Each tile of A and of B that is loaded serves two products, and
/// four sums are under way at once.
struct TileSums {
  static constexpr Index kSide = 2 * kPairBlock;
  alignas(64) float at[kSide * kSide];
};

/// C = max(least, keep C + sums) for what the sums hold of C, from this row and column on.
void finish(const TileSums& sums, const PairProduct& product, Index row, Index column);

/// A PairProduct on tiles. Tiles has the static functions
///   clear()                                   all four tiles of sums = 0
///   load_a<row>(first word, stride in words)
///   load_b<column>(first word, stride in words)
///   multiply<row, column>()                   sums[row][column] += A[row] B[column]
///   store(TileSums&)
template <class Tiles>
CHANDELIER_INLINE void multiply_in_tiles(const PairProduct& product) {
  const Index pairs = in_blocks(product.pairs);
  TileSums sums;
  for (Index column = 0; column < product.columns; column += TileSums::kSide) {
    const bool right = column + kPairBlock < product.columns;
    for (Index row = 0; row < product.rows; row += TileSums::kSide) {
      const bool below = row + kPairBlock < product.rows;
      Tiles::clear();
      for (Index pair = 0; pair < pairs; pair += kPairBlock) {
        const Pair* const A = product.A + row * product.A_stride + pair;
        Tiles::template load_a<0>(A, product.A_stride);
        if (below) Tiles::template load_a<1>(A + kPairBlock * product.A_stride, product.A_stride);
        if (pairs > kPairBlock || row == 0) {  // else they are in their tiles already
          const Pair* const B = product.B + pair * product.B_stride + column;
          Tiles::template load_b<0>(B, product.B_stride);
          if (right) Tiles::template load_b<1>(B + kPairBlock, product.B_stride);
        }
        Tiles::template multiply<0, 0>();
        if (right) Tiles::template multiply<0, 1>();
        if (below) Tiles::template multiply<1, 0>();
        if (right && below) Tiles::template multiply<1, 1>();
      }
      Tiles::store(sums);
      finish(sums, product, row, column);
    }
  }
}

}  // namespace chandelier

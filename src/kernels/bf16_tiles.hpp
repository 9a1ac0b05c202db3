// Products of bf16 on a unit that multiplies tiles: AMX (bf16_amx.cpp), or a model of it in tests.
//
// A tile has 16 rows of 16 words. `multiply` adds to a tile of sums what 16 rows of A and 16 columns of B give over 16
// pairs. By its manual AMX sums over the first of all these pairs and over the second, and adds both: another order
// than that of bf16.hpp, so the bits differ as those of sums in fp32 do.

#pragma once

#include "kernels/bf16.hpp"

namespace chandelier {

inline constexpr Index kTileColumns = 2;  ///< tiles of sums side by side: each reads the same tile of A

/// Tiles of sums, as they lie in memory: [16 x kTileColumns * 16].
struct TileSums {
  static constexpr Index kStride = kTileColumns * kPairBlock;
  alignas(64) float at[kPairBlock * kStride];
};

/// C = max(least, keep C + sums) for what the sums hold of C, from this row and column on.
void finish(const TileSums& sums, const PairProduct& product, Index row, Index column);

/// A PairProduct on tiles. Tiles has the static functions
///   clear()                                   both tiles of sums = 0
///   load_a(first word, stride in words)
///   load_b<which>(first word, stride in words)
///   multiply<which>()                         sums[which] += A B[which]
///   store(TileSums&)
template <class Tiles>
void multiply_in_tiles(const PairProduct& product) {
  const Index pairs = in_blocks(product.pairs);
  TileSums sums;
  for (Index column = 0; column < product.columns; column += TileSums::kStride) {
    const bool both = column + kPairBlock < product.columns;
    for (Index row = 0; row < product.rows; row += kPairBlock) {
      Tiles::clear();
      for (Index pair = 0; pair < pairs; pair += kPairBlock) {
        Tiles::load_a(product.A + row * product.A_stride + pair, product.A_stride);
        if (pairs > kPairBlock || row == 0) {  // else it is in its tile already
          const Pair* const B = product.B + pair * product.B_stride + column;
          Tiles::template load_b<0>(B, product.B_stride);
          if (both) Tiles::template load_b<1>(B + kPairBlock, product.B_stride);
        }
        Tiles::template multiply<0>();
        if (both) Tiles::template multiply<1>();
      }
      Tiles::store(sums);
      finish(sums, product, row, column);
    }
  }
}

}  // namespace chandelier

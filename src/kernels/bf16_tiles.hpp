// Products of bf16 on a unit that multiplies tiles: AMX (bf16_amx.cpp), or a model of it in tests.
//
// A tile has 16 rows of 16 words. `multiply` adds to a tile of sums what 16 rows of A and 16 columns of B give over 16
// pairs: a sum over the first of the pairs, plus a sum over the second. So a tile rounds in another order than bf16.hpp.

#pragma once

#include "kernels/bf16.hpp"

namespace chandelier {

inline constexpr Index kTileColumns = 2;  ///< tiles of sums side by side: each reads the same tile of A

/// Tiles of sums, as they lie in memory: [16 x kTileColumns * 16].
struct TileSums {
  static constexpr Index kStride = kTileColumns * kPairBlock;
  alignas(64) float at[kPairBlock * kStride];
};

/// C = max(least, keep C + sums) for what the sums hold of C, from this column on.
void finish(const TileSums& sums, const PairProduct& product, Index column);

/// A PairProduct on tiles. Tiles has the static functions
///   clear()                             both tiles of sums = 0
///   load_A(first word, stride in words)
///   multiply<which>(first word of B's block, stride in words)      sums[which] += A B
///   store(TileSums&)
template <class Tiles>
void multiply_in_tiles(const PairProduct& product) {
  const Index blocks = in_blocks(product.pairs) / kPairBlock;
  TileSums sums;
  for (Index column = 0; column < product.columns; column += TileSums::kStride) {
    const bool both = column + kPairBlock < product.columns;
    Tiles::clear();
    for (Index block = 0; block < blocks; ++block) {
      const Pair* const B = product.B + block * kPairBlock * product.B_stride + column;
      // What there is one block of stays in its tile.
      if (blocks > 1 || column == 0) Tiles::load_A(product.A + block * kPairBlock, product.A_stride);
      Tiles::template multiply<0>(B, product.B_stride);
      if (both) Tiles::template multiply<1>(B + kPairBlock, product.B_stride);
    }
    Tiles::store(sums);
    finish(sums, product, column);
  }
}

}  // namespace chandelier

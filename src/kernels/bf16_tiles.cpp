#include "kernels/bf16_tiles.hpp"

#include <algorithm>
#include <cmath>

#include "kernels/multiversion.hpp"

namespace chandelier {

CHANDELIER_HOT void finish(const TileSums& sums, const PairProduct& product, Index row, Index column) {
  const Index columns = std::min(TileSums::kSide, product.columns - column);
  const float keep = product.keep, least = product.least;
  const Index rows = std::min(TileSums::kSide, product.rows - row);
  for (Index r = 0; r < rows; ++r) {
    const float* const sum = sums.at + r * TileSums::kSide;
    float* const out = product.C + (row + r) * product.C_stride + column;
    const auto finished = [=](Index c) {
      const float kept = keep == 0 ? sum[c] : std::fma(keep, out[c], sum[c]);
      return kept < least ? least : kept;
    };
    if (columns == TileSums::kSide) {
      CHANDELIER_INDEPENDENT
      for (Index c = 0; c < TileSums::kSide; ++c) out[c] = finished(c);
    } else {
      for (Index c = 0; c < columns; ++c) out[c] = finished(c);
    }
  }
}

}  // namespace chandelier

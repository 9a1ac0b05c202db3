#include <algorithm>
#include <cmath>

#include "kernels/bf16.hpp"
#include "kernels/multiversion.hpp"

namespace chandelier {
namespace {

CHANDELIER_HOT void round_rows(const float* from, Index from_stride, Index rows, Index inner, float scale, Pair* to) {
  const Index pairs = in_blocks((inner + 1) / 2);
  for (Index r = 0; r < rows; ++r, from += from_stride, to += pairs) {
    for (Index i = 0; i < inner / 2; ++i) to[i] = pair_of(scale * from[2 * i], scale * from[2 * i + 1]);
    std::fill(to + inner / 2, to + pairs, 0U);
    if (inner % 2 != 0) to[inner / 2] = pair_of(scale * from[inner - 1], 0);
  }
}

CHANDELIER_HOT void round_columns(const float* from, Index from_stride, Index inner, Index columns, Pair* to) {
  const Index stride = in_blocks(columns), pairs = in_blocks((inner + 1) / 2);
  std::fill(to, to + pairs * stride, 0U);
  for (Index i = 0; i < inner; ++i)
    for (Index c = 0; c < columns; ++c) to[i / 2 * stride + c] |= bf16_of(from[i * from_stride + c]) << (i % 2 * 16);
}

CHANDELIER_HOT void multiply(const PairProduct& product) {
  const auto& [A, A_stride, B, B_stride, C, C_stride, rows, pairs, columns, keep, least] = product;
  for (Index r = 0; r < rows; ++r)
    for (Index first = 0; first < columns; first += kPairBlock) {
      float sum[kPairBlock] = {};
      for (Index i = 0; i < pairs; ++i) {
        const Pair a = A[r * A_stride + i];
        const Pair* const b = B + i * B_stride + first;
        CHANDELIER_INDEPENDENT
        for (Index c = 0; c < kPairBlock; ++c) {
          sum[c] = without_subnormal(std::fma(second_of(a), second_of(b[c]), sum[c]));
          sum[c] = without_subnormal(std::fma(first_of(a), first_of(b[c]), sum[c]));
        }
      }
      float* const out = C + r * C_stride + first;
      for (Index c = 0; c < std::min(kPairBlock, columns - first); ++c) {
        const float kept = keep == 0 ? sum[c] : std::fma(keep, out[c], sum[c]);
        out[c] = kept < least ? least : kept;
      }
    }
}

constexpr PairKernels kKernels{"plain loops", kPairBlock, round_rows, round_columns, multiply};

}  // namespace

const PairKernels& plain_pair_kernels() { return kKernels; }

}  // namespace chandelier

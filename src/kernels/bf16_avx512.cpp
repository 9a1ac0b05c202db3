#include "kernels/bf16.hpp"

#if defined(__x86_64__) && !defined(CHANDELIER_DOUBLE)

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <utility>

// Loops over a tile must be unrolled early, or its sums live in memory instead of registers.
#define CHANDELIER_UNROLL _Pragma("GCC unroll 16")
#define CHANDELIER_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

namespace chandelier {
namespace {

constexpr Index kLanes = 16;

CHANDELIER_AVX512_BF16 __mmask16 first_lanes(Index count) {
  return static_cast<__mmask16>(count >= kLanes ? 0xffff : count <= 0 ? 0 : (1 << count) - 1);
}

CHANDELIER_AVX512_BF16 void round_rows(const float* from, Index from_stride, Index rows, Index inner, float scale,
                                       Pair* to) {
  const Index pairs = in_blocks((inner + 1) / 2);
  const auto scaled = [scales = _mm512_set1_ps(scale)](__m512 x, Index count)
                          CHANDELIER_AVX512_BF16 { return _mm512_maskz_mul_ps(first_lanes(count), scales, x); };
  for (Index r = 0; r < rows; ++r, from += from_stride, to += pairs)
    for (Index i = 0; i < 2 * pairs; i += 2 * kLanes) {
      for (const Index ahead : {i, i + kLanes}) __builtin_prefetch(from + 2 * from_stride + ahead);
      const __m512 low = _mm512_maskz_loadu_ps(first_lanes(inner - i), from + i);
      const __m512 high = _mm512_maskz_loadu_ps(first_lanes(inner - i - kLanes), from + i + kLanes);
      const __m512bh both = _mm512_cvtne2ps_pbh(scaled(high, inner - i - kLanes), scaled(low, inner - i));
      _mm512_storeu_si512(to + i / 2, reinterpret_cast<__m512i>(both));
    }
}

CHANDELIER_AVX512_BF16 void round_columns(const float* from, Index from_stride, Index inner, Index columns, Pair* to) {
  alignas(64) static constexpr std::array<std::uint16_t, 32> kInterleaved = [] {
    std::array<std::uint16_t, 32> lanes{};
    for (std::size_t lane = 0; lane < 16; ++lane) {
      lanes[2 * lane] = static_cast<std::uint16_t>(lane);
      lanes[2 * lane + 1] = static_cast<std::uint16_t>(lane + 16);
    }
    return lanes;
  }();
  const __m512i interleaved = _mm512_load_si512(kInterleaved.data());
  const Index stride = in_blocks(columns), pairs = in_blocks((inner + 1) / 2);
  for (Index i = 0; i < pairs; ++i, to += stride) {
    const float* const first = from + 2 * i * from_stride;
    for (Index c = 0; c < stride; c += kLanes) {
      const __m512 low = _mm512_maskz_loadu_ps(2 * i < inner ? first_lanes(columns - c) : 0, first + c);
      const __m512 high =
          _mm512_maskz_loadu_ps(2 * i + 1 < inner ? first_lanes(columns - c) : 0, first + from_stride + c);
      const __m512bh both = _mm512_cvtne2ps_pbh(high, low);
      _mm512_store_si512(to + c, _mm512_permutexvar_epi16(interleaved, reinterpret_cast<__m512i>(both)));
    }
  }
}

/// The product for Rows rows and Registers registers of columns, the last of which has `last` of its lanes in C.
template <Index Rows, Index Registers>
CHANDELIER_AVX512_BF16 void multiply_tile(const PairProduct& product, Index row, Index column, __mmask16 last) {
  const Index pairs = product.pairs, A_stride = product.A_stride, B_stride = product.B_stride;
  const Pair* const a = product.A + row * A_stride;
  const Pair* b = product.B + column;
  float* out = product.C + row * product.C_stride + column;
  if (product.keep != 0)  // asked for early: what is added to is needed when the sums are complete
    for (Index r = 0; r < Rows; ++r)
      for (Index c = 0; c < Registers; ++c) __builtin_prefetch(out + r * product.C_stride + c * kLanes, 1);
  __m512 sum[Rows][Registers];
  CHANDELIER_UNROLL for (Index r = 0; r < Rows; ++r) {
    CHANDELIER_UNROLL for (Index c = 0; c < Registers; ++c) sum[r][c] = _mm512_setzero_ps();
  }
  for (Index i = 0; i < pairs; ++i, b += B_stride) {
    __m512bh b_i[Registers];
    CHANDELIER_UNROLL for (Index c = 0; c < Registers; ++c) {
      b_i[c] = reinterpret_cast<__m512bh>(_mm512_load_si512(b + c * kLanes));
    }
    CHANDELIER_UNROLL for (Index r = 0; r < Rows; ++r) {
      const __m512bh a_i = reinterpret_cast<__m512bh>(_mm512_set1_epi32(static_cast<int>(a[r * A_stride + i])));
      CHANDELIER_UNROLL for (Index c = 0; c < Registers; ++c) sum[r][c] = _mm512_dpbf16_ps(sum[r][c], a_i, b_i[c]);
    }
  }
  const __m512 keeps = _mm512_set1_ps(product.keep), leasts = _mm512_set1_ps(product.least);
  CHANDELIER_UNROLL for (Index r = 0; r < Rows; ++r, out += product.C_stride) {
    CHANDELIER_UNROLL for (Index c = 0; c < Registers; ++c) {
      const __mmask16 lanes = c + 1 < Registers ? __mmask16{0xffff} : last;
      float* const at = out + c * kLanes;
      __m512 kept = sum[r][c];
      if (product.keep == 1)
        kept = _mm512_add_ps(_mm512_maskz_loadu_ps(lanes, at), kept);
      else if (product.keep != 0)
        kept = _mm512_fmadd_ps(keeps, _mm512_maskz_loadu_ps(lanes, at), kept);
      // With a NaN, the maximum is its second argument: a NaN stays.
      _mm512_mask_storeu_ps(at, lanes, _mm512_mask_max_ps(kept, 0xffff, leasts, kept));
    }
  }
}

constexpr Index kTileRows = 4, kTileRegisters = 6;  ///< 24 sums in 32 registers

using Tile = void (*)(const PairProduct&, Index, Index, __mmask16);
template <std::size_t... Less>
constexpr std::array<Tile, kTileRows * kTileRegisters> tiles(std::index_sequence<Less...>) {
  return {multiply_tile<Less / kTileRegisters + 1, Less % kTileRegisters + 1>...};
}
constexpr auto kTiles = tiles(std::make_index_sequence<kTileRows * kTileRegisters>{});

CHANDELIER_AVX512_BF16 void multiply(const PairProduct& product) {
  for (Index column = 0; column < product.columns; column += kTileRegisters * kLanes)
    for (Index row = 0; row < product.rows; row += kTileRows) {
      const Index rows = std::min(kTileRows, product.rows - row), columns = product.columns - column;
      const Index registers = std::min(kTileRegisters, (columns + kLanes - 1) / kLanes);
      kTiles[static_cast<std::size_t>((rows - 1) * kTileRegisters + registers - 1)](
          product, row, column, first_lanes(columns - (registers - 1) * kLanes));
    }
}

constexpr PairKernels kKernels{"AVX-512", kPairBlock, round_rows, round_columns, multiply};

}  // namespace

const PairKernels* avx512_pair_kernels() {
  static const bool there = __builtin_cpu_supports("avx512bf16") != 0 && __builtin_cpu_supports("avx512bw") != 0;
  return there ? &kKernels : nullptr;
}

}  // namespace chandelier

#else

namespace chandelier {

const PairKernels* avx512_pair_kernels() { return nullptr; }

}  // namespace chandelier

#endif

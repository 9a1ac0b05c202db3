#include "kernels/products_bf16.hpp"
#include "kernels/products_fp32.hpp"

#if defined(__x86_64__) && !defined(CHANDELIER_DOUBLE)

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "kernels/population.hpp"

// Loops over a tile must be unrolled early, or its sums are kept in memory instead of registers.
#define CHANDELIER_UNROLL _Pragma("GCC unroll 16")
#define CHANDELIER_AVX512_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

namespace chandelier {
namespace {

using Pair = std::uint32_t;  ///< two successive bf16 terms of a sum, the first in the lower half

constexpr Index kLanes = 16;
constexpr Index kRows = 16;    ///< rows of the left operand that are rounded at a time in a long sum
constexpr Index kDepth = 288;  ///< terms of a partial sum: its operands fit into the L1 cache

/// `count`, rounded up to whole registers.
constexpr Index in_registers(Index count) { return (count + kLanes - 1) / kLanes * kLanes; }

CHANDELIER_AVX512_BF16 __mmask16 first_lanes(Index count) {
  return static_cast<__mmask16>(count >= kLanes ? 0xffff : count <= 0 ? 0 : (1 << count) - 1);
}

/// to = bf16(scale from), in pairs along the rows: [rows x in_registers(pairs)], padded with zeros.
CHANDELIER_AVX512_BF16 void round_rows(const float* from, Index from_stride, Index rows, Index inner, float scale,
                                       Pair* to) {
  const Index pairs = in_registers((inner + 1) / 2);
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

/// to = bf16(from), in pairs down the columns: [in_registers(pairs) x in_registers(columns)], padded with zeros.
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
  const Index stride = in_registers(columns), pairs = in_registers((inner + 1) / 2);
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

/// C = max(least, keep C + sum over i of A(r, i) B(i, c)); NaN stays NaN; with keep = 0, C is not read.
/// If `goes_on`, the sum starts with C instead of 0, and `keep` is not used.
struct PairProduct {
  const Pair* A;  ///< [rows x pairs]
  Index A_stride;
  const Pair* B;  ///< [pairs x columns]
  Index B_stride;
  float* C;  ///< [rows x columns]
  Index C_stride;
  Index rows, pairs, columns;
  float keep, least;
  bool goes_on;
};

/// One tile of Rows rows and Registers registers of columns. `last`: the lanes of the last register that belong to C.
template <Index Rows, Index Registers>
CHANDELIER_AVX512_BF16 void multiply_tile(const PairProduct& product, Index row, Index column, __mmask16 last) {
  const Index pairs = product.pairs, A_stride = product.A_stride, B_stride = product.B_stride;
  const Pair* const a = product.A + row * A_stride;
  const Pair* b = product.B + column;
  float* out = product.C + row * product.C_stride + column;
  if (product.keep != 0)  // prefetch C, which is needed when the sums are complete
    for (Index r = 0; r < Rows; ++r)
      for (Index c = 0; c < Registers; ++c) __builtin_prefetch(out + r * product.C_stride + c * kLanes, 1);
  const auto lanes = [last](Index c) { return c + 1 < Registers ? __mmask16{0xffff} : last; };
  __m512 sum[Rows][Registers];
  CHANDELIER_UNROLL for (Index r = 0; r < Rows; ++r) {
    CHANDELIER_UNROLL for (Index c = 0; c < Registers; ++c) {
      sum[r][c] = product.goes_on ? _mm512_maskz_loadu_ps(lanes(c), out + r * product.C_stride + c * kLanes)
                                  : _mm512_setzero_ps();
    }
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
      float* const at = out + c * kLanes;
      __m512 kept = sum[r][c];
      if (product.keep != 0 && !product.goes_on)
        kept = _mm512_add_ps(_mm512_mul_ps(keeps, _mm512_maskz_loadu_ps(lanes(c), at)), kept);
      // If one argument is NaN, this maximum returns the second one: NaN stays NaN.
      _mm512_mask_storeu_ps(at, lanes(c), _mm512_mask_max_ps(kept, 0xffff, leasts, kept));
    }
  }
}

constexpr Index kTileRows = 4, kTileRegisters = 6;  ///< 24 sums; there are 32 registers

using Tile = void (*)(const PairProduct&, Index, Index, __mmask16);
template <std::size_t... Less>
constexpr std::array<Tile, kTileRows * kTileRegisters> tiles(std::index_sequence<Less...>) {
  return {multiply_tile<Less / kTileRegisters + 1, Less % kTileRegisters + 1>...};
}
constexpr auto kTiles = tiles(std::make_index_sequence<kTileRows * kTileRegisters>{});

void multiply(const PairProduct& product) {
  const WithoutSubnormals in_what_is_added;
  for (Index column = 0; column < product.columns; column += kTileRegisters * kLanes)
    for (Index row = 0; row < product.rows; row += kTileRows) {
      const Index rows = std::min(kTileRows, product.rows - row), columns = product.columns - column;
      const Index registers = std::min(kTileRegisters, (columns + kLanes - 1) / kLanes);
      kTiles[static_cast<std::size_t>((rows - 1) * kTileRegisters + registers - 1)](
          product, row, column, first_lanes(columns - (registers - 1) * kLanes));
    }
}

constexpr float kNone = -std::numeric_limits<float>::infinity();

class Avx512Bf16Products final : public Products {
 public:
  Avx512Bf16Products(Index rows, Index columns, Index capacity)
      : A_(kRows * most_pairs(capacity)),
        B_(most_pairs(capacity) * in_registers(std::max(columns, capacity))),
        D_by_sample_(capacity, rows),
        out_(capacity, columns) {}

  void forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) override {
    multiply_in_parts(kDepth, 1, W, Xt, 0, out, kNone);
  }
  void backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) override {
    // Computes out^T = D^T W, so that the weights can be rounded in their memory order.
    const Index n = W.rows(), k = W.cols(), B = D.cols();
    const MatrixView D_by_sample(D_by_sample_.data(), B, n), out_by_sample(out_.data(), B, k);
    transpose(D, D_by_sample);
    multiply_in_parts(kDepth, 1, view(D_by_sample), W, 0, out_by_sample, kNone);
    transpose(view(out_by_sample), out);
  }
  void update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) override {
    multiply_in_parts(D.cols(), rate, D, X, keep, W, least);
  }

 private:
  /// Most pairs in a partial sum: over features in parts of kDepth, or over all samples at once.
  static constexpr Index most_pairs(Index capacity) { return in_registers((std::max(kDepth, capacity) + 1) / 2); }

  /// C = max(least, keep C + (scale A) B). Sums have parts of at most `largest` terms; every part but the first goes on
  /// from C.
  void multiply_in_parts(Index largest, Real scale, ConstMatrixView A, ConstMatrixView B, Real keep, MatrixView C,
                         Real least) {
    const Index inner = A.cols(), columns = B.cols();
    const Index parts = std::max<Index>(1, (inner + largest - 1) / std::max<Index>(1, largest));
    const Index part = 2 * in_registers(((inner + parts - 1) / parts + 1) / 2);
    for (Index first = 0; first == 0 || first < inner; first += part) {
      const Index depth = std::min(part, inner - first), pairs = (depth + 1) / 2;
      round_columns(B.data() + first * columns, columns, depth, columns, B_.data());
      const Index rows_at_once = A_.size() / in_registers(pairs) / kTileRows * kTileRows;
      for (Index r = 0; r < A.rows(); r += rows_at_once) {
        const Index count = std::min(rows_at_once, A.rows() - r);
        round_rows(A.data() + r * inner + first, inner, count, depth, scale, A_.data());
        multiply({.A = A_.data(),
                  .A_stride = in_registers(pairs),
                  .B = B_.data(),
                  .B_stride = in_registers(columns),
                  .C = C.data() + r * columns,
                  .C_stride = columns,
                  .rows = count,
                  .pairs = pairs,
                  .columns = columns,
                  .keep = keep,
                  .least = least,
                  .goes_on = first > 0});
      }
    }
  }

  Eigen::ArrayX<Pair> A_, B_;
  Matrix D_by_sample_, out_;  ///< [B x n] and [B x k], for the backward product
};

}  // namespace

std::unique_ptr<Products> make_avx512_bf16_products(Index rows, Index columns, Index capacity) {
  static const bool there = __builtin_cpu_supports("avx512bf16") != 0;
  if (!there || target() != "AVX3") return nullptr;
  return std::make_unique<Avx512Bf16Products>(rows, columns, capacity);
}

bool avx512_bf16_is_fast() { return __builtin_cpu_is("amd") != 0; }

}  // namespace chandelier

#else

namespace chandelier {

std::unique_ptr<Products> make_avx512_bf16_products(Index, Index, Index) { return nullptr; }
bool avx512_bf16_is_fast() { return false; }

}  // namespace chandelier

#endif

#include "kernels/products_avx512.hpp"

#include "base/error.hpp"

#if defined(__x86_64__) && !defined(CHANDELIER_DOUBLE)

#include <immintrin.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

// Loops over a tile must be unrolled early, or its sums live in memory instead of registers.
#define CHANDELIER_UNROLL _Pragma("GCC unroll 16")
#define CHANDELIER_AVX512 __attribute__((target("avx512f")))

namespace chandelier::avx512 {
namespace {

constexpr __mmask16 kAllLanes = 0xffff;

/// `count` things in as few parts of at most `largest` as there can be, as equal as can be: part p starts here.
struct Parts {
  Index count, parts;
  Parts(Index things, Index largest) : count(things), parts((things + largest - 1) / largest) {}
  Index start(Index p) const { return count * p / parts; }
  Index size(Index p) const { return start(p + 1) - start(p); }
};

/// out(r, b) = sum over i < depth of w(r, i) x(i, b), for Rows rows of the weights and a panel of samples of B.
/// With `add`, out(r, b) is added to.
template <Index Rows>
CHANDELIER_AVX512 void forward_tile(const float* w, Index k, const float* x, float* out, Index B, Index depth,
                                    bool add) {
  __m512 sum[Rows][2];
  CHANDELIER_UNROLL for (Index r = 0; r < Rows; ++r) {
    sum[r][0] = add ? _mm512_loadu_ps(out + r * B) : _mm512_setzero_ps();
    sum[r][1] = add ? _mm512_loadu_ps(out + r * B + kLanes) : _mm512_setzero_ps();
  }
  for (Index line = 0; line < depth; line += kLanes) {
    for (Index r = 0; r < Rows; ++r) __builtin_prefetch(w + (Rows + r) * k + line);  // of the next tile
    for (Index i = line; i < std::min(line + kLanes, depth); ++i) {
      const __m512 x0 = _mm512_loadu_ps(x + i * B), x1 = _mm512_loadu_ps(x + i * B + kLanes);
      CHANDELIER_UNROLL for (Index r = 0; r < Rows; ++r) {
        const __m512 w_i = _mm512_set1_ps(w[r * k + i]);
        sum[r][0] = _mm512_fmadd_ps(w_i, x0, sum[r][0]);
        sum[r][1] = _mm512_fmadd_ps(w_i, x1, sum[r][1]);
      }
    }
  }
  CHANDELIER_UNROLL for (Index r = 0; r < Rows; ++r) {
    _mm512_storeu_ps(out + r * B, sum[r][0]);
    _mm512_storeu_ps(out + r * B + kLanes, sum[r][1]);
  }
}

constexpr Index kForwardRows = 8;     ///< 16 sums hide the latency, and 8 addresses fit the integer registers
constexpr Index kForwardDepth = 256;  ///< inputs of one panel that stay in the fastest cache while all rows pass

using ForwardTile = void (*)(const float*, Index, const float*, float*, Index, Index, bool);
template <std::size_t... Less>
constexpr std::array<ForwardTile, kForwardRows> forward_tiles(std::index_sequence<Less...>) {
  return {forward_tile<Less + 1>...};
}
constexpr auto kForwardTiles = forward_tiles(std::make_index_sequence<kForwardRows>{});

/// out(c, b) = sum over i < n of w(i, c) d(i, b), for Columns columns of the weights and a panel of samples of B.
template <Index Columns>
CHANDELIER_AVX512 void backward_tile(const float* w, Index n, Index k, const float* d, float* out, Index B) {
  constexpr Index kAhead = 24;  // rows lie too far apart for the CPU to ask for them by itself
  __m512 sum[Columns][2];
  CHANDELIER_UNROLL for (Index c = 0; c < Columns; ++c) sum[c][0] = sum[c][1] = _mm512_setzero_ps();
  for (Index i = 0; i < n; ++i) {
    __builtin_prefetch(w + std::min(i + kAhead, n - 1) * k);
    const __m512 d0 = _mm512_loadu_ps(d + i * B), d1 = _mm512_loadu_ps(d + i * B + kLanes);
    CHANDELIER_UNROLL for (Index c = 0; c < Columns; ++c) {
      const __m512 w_i = _mm512_set1_ps(w[i * k + c]);
      sum[c][0] = _mm512_fmadd_ps(w_i, d0, sum[c][0]);
      sum[c][1] = _mm512_fmadd_ps(w_i, d1, sum[c][1]);
    }
  }
  CHANDELIER_UNROLL for (Index c = 0; c < Columns; ++c) {
    _mm512_storeu_ps(out + c * B, sum[c][0]);
    _mm512_storeu_ps(out + c * B + kLanes, sum[c][1]);
  }
}

constexpr Index kBackwardColumns = 12;  ///< 24 sums; their weights lie side by side, at one address

using BackwardTile = void (*)(const float*, Index, Index, const float*, float*, Index);
template <std::size_t... Less>
constexpr std::array<BackwardTile, kBackwardColumns> backward_tiles(std::index_sequence<Less...>) {
  return {backward_tile<Less + 1>...};
}
constexpr auto kBackwardTiles = backward_tiles(std::make_index_sequence<kBackwardColumns>{});

/// What a tile of an update is made of; pointers are to its corner.
struct UpdateTile {
  float* w;        ///< [n x k]
  const float* d;  ///< [n x B]
  const float* x;  ///< [B x k]
  Index k, B;
  /// Columns from the corner to the last register. Where k ends within a register, that one is moved back to end with
  /// the row, and `last_lanes` are those that belong to no other register. Rows shorter than a register have its first
  /// lanes; no other is read either, for it may lie behind the matrix.
  Index last;
  __mmask16 last_lanes;
  float rate, least;
};

/// w = max(least, w + rate sum over b of d(r, b) x(b, c)), for Rows rows and Registers registers of columns.
template <Index Rows, Index Registers>
CHANDELIER_AVX512 void update_tile(const UpdateTile& tile) {
  const auto [w, d, x, k, B, last, last_lanes, rate, least] = tile;
  const auto column = [last = last](Index c) { return c + 1 < Registers ? c * kLanes : last; };
  __m512 sum[Rows][Registers], x_b[Registers];
  CHANDELIER_UNROLL for (Index r = 0; r < Rows; ++r) {
    CHANDELIER_UNROLL for (Index c = 0; c < Registers; ++c) sum[r][c] = _mm512_setzero_ps();
  }
  for (Index b = 0; b < B; ++b) {
    CHANDELIER_UNROLL for (Index c = 0; c < Registers; ++c) {
      const float* const at = x + b * k + column(c);
      x_b[c] = Registers > 1 ? _mm512_loadu_ps(at) : _mm512_maskz_loadu_ps(last_lanes, at);
    }
    CHANDELIER_UNROLL for (Index r = 0; r < Rows; ++r) {
      const __m512 d_b = _mm512_set1_ps(d[r * B + b]);
      CHANDELIER_UNROLL for (Index c = 0; c < Registers; ++c) sum[r][c] = _mm512_fmadd_ps(d_b, x_b[c], sum[r][c]);
    }
  }
  const __m512 rates = _mm512_set1_ps(rate), leasts = _mm512_set1_ps(least);
  CHANDELIER_UNROLL for (Index r = 0; r < Rows; ++r) {
    CHANDELIER_UNROLL for (Index c = 0; c < Registers; ++c) {
      float* const at = w + r * k + column(c);
      const __m512 before = Registers > 1 ? _mm512_loadu_ps(at) : _mm512_maskz_loadu_ps(last_lanes, at);
      const __m512 stepped = _mm512_fmadd_ps(rates, sum[r][c], before);
      // With a NaN, the maximum is its second argument: a NaN stays.
      const __m512 projected = _mm512_mask_max_ps(stepped, kAllLanes, leasts, stepped);
      _mm512_mask_storeu_ps(at, c + 1 < Registers ? kAllLanes : last_lanes, projected);
    }
  }
}

/// Asks for the weights of a tile, which it needs only when its sums are complete.
void prefetch(const float* w, Index k, Index rows, Index columns) {
  for (Index r = 0; r < rows; ++r)
    for (Index c = 0; c < columns; c += kLanes) __builtin_prefetch(w + r * k + c, 1);
}

constexpr Index kUpdateRows = 8, kUpdateRegisters = 3;  ///< 24 sums in 32 registers

using UpdateTileFunction = void (*)(const UpdateTile&);
template <std::size_t... Less>
constexpr std::array<UpdateTileFunction, kUpdateRows * kUpdateRegisters> update_tiles(std::index_sequence<Less...>) {
  return {update_tile<Less / kUpdateRegisters + 1, Less % kUpdateRegisters + 1>...};
}
constexpr auto kUpdateTiles = update_tiles(std::make_index_sequence<kUpdateRows * kUpdateRegisters>{});

}  // namespace

bool is_there() {
  static const bool there = __builtin_cpu_supports("avx512f");
  return there;
}

void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) {
  const Index k = W.cols(), B = Xt.cols();
  if (B % kPanel != 0) throw Bug("a batch that is no multiple of a panel");
  // One panel: its inputs stay in the cache for all rows. Several: the weights of a tile stay for all panels.
  const Parts rows(W.rows(), kForwardRows), depths(k, B == kPanel ? kForwardDepth : k);
  for (Index d = 0; d < depths.parts; ++d)
    for (Index t = 0; t < rows.parts; ++t)
      for (Index b = 0; b < B; b += kPanel) {
        const Index r = rows.start(t), i = depths.start(d);
        kForwardTiles[static_cast<std::size_t>(rows.size(t) - 1)](W.data() + r * k + i, k, Xt.data() + i * B + b,
                                                                  out.data() + r * B + b, B, depths.size(d), d > 0);
      }
}

void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out) {
  const Index n = W.rows(), k = W.cols(), B = D.cols();
  if (B % kPanel != 0) throw Bug("a batch that is no multiple of a panel");
  const Parts columns(k, kBackwardColumns);
  for (Index t = 0; t < columns.parts; ++t)
    for (Index b = 0; b < B; b += kPanel) {
      const Index c = columns.start(t);
      kBackwardTiles[static_cast<std::size_t>(columns.size(t) - 1)](W.data() + c, n, k, D.data() + b,
                                                                    out.data() + c * B + b, B);
    }
}

void update_product(MatrixView W, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) {
  const Index k = W.cols(), B = D.cols();
  const Parts rows(W.rows(), kUpdateRows), registers((k + kLanes - 1) / kLanes, kUpdateRegisters);
  for (Index i = rows.parts; i-- > 0;)  // the first rows last: what comes next begins with them
    for (Index j = 0; j < registers.parts; ++j) {
      const Index r = rows.start(i), c = kLanes * registers.start(j), end = kLanes * registers.start(j + 1);
      const Index beyond = std::max<Index>(0, end - k);
      const UpdateTile tile{
          .w = W.data() + r * k + c,
          .d = D.data() + r * B,
          .x = X.data() + c,
          .k = k,
          .B = B,
          .last = k < kLanes ? 0 : end - kLanes - beyond - c,
          .last_lanes = static_cast<__mmask16>(k < kLanes ? kAllLanes >> beyond : kAllLanes << beyond),
          .rate = rate,
          .least = least};
      prefetch(tile.w, k, rows.size(i), end - beyond - c);
      const Index shape = (rows.size(i) - 1) * kUpdateRegisters + registers.size(j) - 1;
      kUpdateTiles[static_cast<std::size_t>(shape)](tile);
    }
}

}  // namespace chandelier::avx512

#else

namespace chandelier::avx512 {

bool is_there() { return false; }
void forward_product(ConstMatrixView, ConstMatrixView, MatrixView) { throw Bug("no AVX-512 here"); }
void backward_product(ConstMatrixView, ConstMatrixView, MatrixView) { throw Bug("no AVX-512 here"); }
void update_product(MatrixView, Real, ConstMatrixView, ConstMatrixView, Real) { throw Bug("no AVX-512 here"); }

}  // namespace chandelier::avx512

#endif

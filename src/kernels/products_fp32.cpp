#include "kernels/products_fp32.hpp"

// Every element is a chain of fused multiply-adds. Instruction sets without them cannot give the same bits, and vectors
// of unknown length (SVE) cannot be stored in arrays.
#undef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/products_fp32.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/products_reference.hpp"

HWY_BEFORE_NAMESPACE();
namespace chandelier::HWY_NAMESPACE {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128 || \
    (HWY_ARCH_X86 && HWY_TARGET != HWY_AVX2 && HWY_TARGET != HWY_AVX3)

// Without FMA (its emulations, SSE2), Highway's multiply-add rounds twice. Of AVX-512, only AVX3 is used, not the
// further variants that newer versions of Highway know.
const Fp32Kernels* kernels() { return nullptr; }

#else

namespace hn = hwy::HWY_NAMESPACE;

constexpr Index kLine = 64 / sizeof(Real);  // of the cache

// Loops over a tile must be unrolled early, or its sums are kept in memory instead of registers.
#define CHANDELIER_UNROLL _Pragma("GCC unroll 16")

/// Splits `count` things into as few parts of at most `largest` as possible, of nearly equal size. The last part is one
/// of the largest. Part p starts at `start(p)`.
struct Parts {
  Index count, parts;
  Parts(Index things, Index largest) : count(things), parts((things + largest - 1) / largest) {}
  Index start(Index p) const { return count * p / parts; }
  Index size(Index p) const { return start(p + 1) - start(p); }
};

/// out(r, c) = sum over i < depth of a(r, i) x(i, c): the form of all three products.
struct Sum {
  const Real* a;  ///< a(r, i) is a[r * a_stride + i], or a[i * a_stride + r] if transposed
  Index a_stride;
  const Real* x;
  Index x_stride;
  Real* out;
  Index out_stride;
  Index rows, columns, depth;
};

/// Start and end of a sum in the forward and backward products: it continues the sum of the previous part.
struct Continued {
  static constexpr bool kLearns = false;
  bool begun;
  template <class D>
  HWY_INLINE hn::Vec<D> start(D d, const Real* out) const {
    return begun ? hn::LoadU(d, out) : hn::Zero(d);
  }
  template <class D>
  HWY_INLINE hn::Vec<D> finish(D /*d*/, hn::Vec<D> sum, const Real* /*out*/) const {
    return sum;
  }
};

/// Start and end of a sum in an update: max(least, keep out + rate sum); NaN stays NaN.
struct Learned {
  static constexpr bool kLearns = true;
  Real keep, rate, least;
  template <class D>
  HWY_INLINE hn::Vec<D> start(D d, const Real* /*out*/) const {
    return hn::Zero(d);
  }
  template <class D>
  HWY_INLINE hn::Vec<D> finish(D d, hn::Vec<D> sum, const Real* out) const {
    auto kept = hn::Zero(d);
    if (keep == 1)
      kept = hn::LoadU(d, out);
    else if (keep != 0)
      kept = hn::Mul(hn::Set(d, keep), hn::LoadU(d, out));
    const auto stepped = hn::MulAdd(hn::Set(d, rate), sum, kept), leasts = hn::Set(d, least);
#if HWY_ARCH_X86
    // A single instruction, which returns its second argument if one is NaN or both are 0.
    return hn::Max(leasts, stepped);
#else
    return hn::IfThenElse(hn::Lt(stepped, leasts), leasts, stepped);
#endif
  }
};

/// One tile of Rows x Vectors of a sum, from its upper left corner. The last vector starts `last` columns after the
/// corner: where a row ends within a vector, this vector is moved back so that it ends with the row. Columns that then
/// belong to two vectors are computed twice.
template <int Rows, int Vectors, bool kTransposed, class Ends, class D>
void tile(D d, const Sum& sum, Index last, Ends ends) {
  const auto [a, a_stride, x, x_stride, out, out_stride, rows, columns, depth] = sum;
  constexpr Index kLanes = hn::MaxLanes(D());
  Index column[Vectors];
  CHANDELIER_UNROLL for (int v = 0; v < Vectors; ++v) column[v] = v + 1 < Vectors ? v * kLanes : last;
  // Prefetch weights: in an update those of this tile, which are needed at its end; otherwise those of the next tile.
  if constexpr (Ends::kLearns) {
    CHANDELIER_UNROLL for (int r = 0; r < Rows; ++r) {
      CHANDELIER_UNROLL for (int v = 0; v < Vectors; ++v) __builtin_prefetch(out + r * out_stride + column[v], 1);
    }
  }
  hn::Vec<D> sums[Rows][Vectors];
  CHANDELIER_UNROLL for (int r = 0; r < Rows; ++r) {
    CHANDELIER_UNROLL for (int v = 0; v < Vectors; ++v) {
      sums[r][v] = ends.start(d, out + r * out_stride + column[v]);
    }
  }
  for (Index i = 0; i < depth; ++i) {
    const Real* const a_i = kTransposed ? a + i * a_stride : a + i;
    const Real* const x_i = x + i * x_stride;
    if constexpr (!Ends::kLearns && kTransposed)
      __builtin_prefetch(a_i + 2 * Rows);
    else if constexpr (!Ends::kLearns)
      if (i % kLine == 0)
        for (int r = 0; r < Rows; ++r) __builtin_prefetch(a_i + (Rows + r) * a_stride);
    if constexpr (Rows < Vectors) {
      hn::Vec<D> a_ri[Rows];
      CHANDELIER_UNROLL for (int r = 0; r < Rows; ++r) a_ri[r] = hn::Set(d, a_i[kTransposed ? r : r * a_stride]);
      CHANDELIER_UNROLL for (int v = 0; v < Vectors; ++v) {
        const auto x_iv = hn::LoadU(d, x_i + column[v]);
        CHANDELIER_UNROLL for (int r = 0; r < Rows; ++r) sums[r][v] = hn::MulAdd(a_ri[r], x_iv, sums[r][v]);
      }
    } else {
      hn::Vec<D> x_iv[Vectors];
      CHANDELIER_UNROLL for (int v = 0; v < Vectors; ++v) x_iv[v] = hn::LoadU(d, x_i + column[v]);
      CHANDELIER_UNROLL for (int r = 0; r < Rows; ++r) {
        const auto a_ri = hn::Set(d, a_i[kTransposed ? r : r * a_stride]);
        CHANDELIER_UNROLL for (int v = 0; v < Vectors; ++v) sums[r][v] = hn::MulAdd(a_ri, x_iv[v], sums[r][v]);
      }
    }
  }
  CHANDELIER_UNROLL for (int r = 0; r < Rows; ++r) {
    Real* const row = out + r * out_stride;
    // Finish the whole row before storing any of it: columns that belong to two vectors are read twice.
    CHANDELIER_UNROLL for (int v = 0; v < Vectors; ++v) sums[r][v] = ends.finish(d, sums[r][v], row + column[v]);
    CHANDELIER_UNROLL for (int v = 0; v < Vectors; ++v) hn::StoreU(sums[r][v], d, row + column[v]);
  }
}

template <int kRows, int kVectors, bool kTransposed, class Ends, class D>
struct Tiles {
  using Function = void (*)(D, const Sum&, Index, Ends);
  template <std::size_t... Less>
  static constexpr std::array<Function, kRows * kVectors> all(std::index_sequence<Less...>) {
    return {tile<Less / kVectors + 1, Less % kVectors + 1, kTransposed, Ends, D>...};
  }
  static constexpr std::array<Function, kRows* kVectors> kAll = all(std::make_index_sequence<kRows * kVectors>{});
  static Function of(Index rows, Index vectors) {
    return kAll[static_cast<std::size_t>((rows - 1) * kVectors + vectors - 1)];
  }
};

/// Computes a sum in tiles of at most kRows x kVectors: for each `block` of columns, all rows.
template <int kRows, int kVectors, bool kTransposed, class Ends, class D>
void in_tiles(D d, const Sum& sum, Index block, Ends ends) {
  constexpr Index kLanes = hn::MaxLanes(D());
  if constexpr (kLanes > 1)
    if (sum.columns < kLanes) return in_tiles<kRows, 2, kTransposed>(hn::Half<D>(), sum, block, ends);
  const Parts rows(sum.rows, kRows), vectors((sum.columns + kLanes - 1) / kLanes, kVectors);
  const Parts blocks(vectors.parts, std::max<Index>(1, block / (kVectors * kLanes)));
  for (Index k = 0; k < blocks.parts; ++k)
    for (Index i = 0; i < rows.parts; ++i)
      for (Index j = blocks.start(k); j < blocks.start(k + 1); ++j) {
        const Index r = rows.start(i), c = kLanes * vectors.start(j);
        const Index end = std::min(kLanes * vectors.start(j + 1), sum.columns);
        Sum part = sum;
        part.a += kTransposed ? r : r * sum.a_stride;
        part.x += c;
        part.out += r * sum.out_stride + c;
        Tiles<kRows, kVectors, kTransposed, Ends, D>::of(rows.size(i), vectors.size(j))(d, part, end - kLanes - c,
                                                                                        ends);
      }
}

// Tile sizes that hide the latency of multiply-adds and fit into the registers: the sums, one operand for each row or
// column, and one more.
#if HWY_TARGET == HWY_AVX3
constexpr int kForwardRows = 8, kBackwardRows = 12, kVectors = 2, kUpdateRows = 8, kUpdateVectors = 3;
#elif HWY_TARGET == HWY_AVX2
constexpr int kForwardRows = 3, kBackwardRows = 3, kVectors = 4, kUpdateRows = 4, kUpdateVectors = 3;
#else
constexpr int kForwardRows = 5, kBackwardRows = 5, kVectors = 4, kUpdateRows = 5, kUpdateVectors = 4;
#endif
// How much of x stays in the L1 cache while all rows are processed.
constexpr Index kForwardDepth = 256, kBackwardDepth = 128, kUpdateColumns = 192;

template <int kRows, bool kTransposed>
void continued_in_depth(Sum sum, Index largest) {
  const Parts parts(std::max<Index>(sum.depth, 1), largest);  // an empty sum is 0
  const Index depth = sum.depth;
  const Real *const a = sum.a, *const x = sum.x;
  for (Index p = 0; p < parts.parts; ++p) {
    const Index first = parts.start(p);
    sum.a = a + (kTransposed ? first * sum.a_stride : first);
    sum.x = x + first * sum.x_stride;
    sum.depth = std::min(parts.size(p), depth);
    in_tiles<kRows, kVectors, kTransposed>(hn::ScalableTag<Real>(), sum, sum.columns, Continued{p > 0});
  }
}

void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) {
  const Index n = W.rows(), k = W.cols(), B = Xt.cols();
  continued_in_depth<kForwardRows, false>({W.data(), k, Xt.data(), B, out.data(), B, n, B, k}, kForwardDepth);
}

void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out) {
  const Index n = W.rows(), k = W.cols(), B = D.cols();
  continued_in_depth<kBackwardRows, true>({W.data(), k, D.data(), B, out.data(), B, k, B, n}, kBackwardDepth);
}

void update_product(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) {
  const Index n = W.rows(), k = W.cols(), B = D.cols();
  in_tiles<kUpdateRows, kUpdateVectors, false>(hn::ScalableTag<Real>(),
                                               {D.data(), B, X.data(), k, W.data(), k, n, k, B}, kUpdateColumns,
                                               Learned{keep, rate, least});
}

const Fp32Kernels* kernels() {
  static const Fp32Kernels kKernels{hwy::TargetName(HWY_TARGET), forward_product, backward_product, update_product};
  return &kKernels;
}

#endif

}  // namespace chandelier::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <atomic>
#include <cstdlib>

#include "base/error.hpp"

namespace chandelier {
namespace {

HWY_EXPORT(kernels);

constexpr Fp32Kernels kPlain{"EMU128", reference::forward_product, reference::backward_product,
                             reference::update_product};

std::vector<const Fp32Kernels*> kernels_of_this_cpu() {
  std::vector<const Fp32Kernels*> all;
  for (const std::int64_t target : hwy::SupportedAndGeneratedTargets()) {
    hwy::GetChosenTarget().Update(target);
    if (const Fp32Kernels* const kernels = HWY_DYNAMIC_DISPATCH(kernels)()) all.push_back(kernels);
  }
  all.push_back(&kPlain);
  return all;
}

const std::vector<const Fp32Kernels*>& all_kernels() {
  static const std::vector<const Fp32Kernels*> all = kernels_of_this_cpu();
  return all;
}

const Fp32Kernels* kernels_called(const std::string& target) {
  for (const Fp32Kernels* kernels : all_kernels())
    if (kernels->target == target) return kernels;
  throw SettingError(
      fmt::format("CHANDELIER_TARGET is '{}', but this CPU supports {}", target, fmt::join(targets(), ", ")));
}

std::atomic<const Fp32Kernels*>& in_use() {
  static std::atomic<const Fp32Kernels*> kernels = [] {
    const char* const wanted = std::getenv("CHANDELIER_TARGET");
    return wanted == nullptr ? all_kernels().front() : kernels_called(wanted);
  }();
  return kernels;
}

}  // namespace

const Fp32Kernels& fp32_kernels() { return *in_use().load(std::memory_order_relaxed); }

std::vector<std::string> targets() {
  std::vector<std::string> names;
  for (const Fp32Kernels* kernels : all_kernels()) names.emplace_back(kernels->target);
  return names;
}

std::string target() { return std::string(fp32_kernels().target); }

void use_target(const std::string& name) { in_use() = kernels_called(name); }

}  // namespace chandelier

#endif

// Products of bf16: rounding against its definition in double, every kernel against the plain one, the plain one
// against sums in double.

#include "kernels/bf16.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "kernels/bf16_tiles.hpp"
#include "kernels/products_bf16.hpp"
#include "kernels/products_reference.hpp"

namespace chandelier {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN(), kInfinity = std::numeric_limits<float>::infinity();
constexpr float kNone = -kInfinity;

float from_bf16(std::uint32_t bits) { return std::bit_cast<float>(bits << 16U); }

/// What the manual of a tile unit says that it does, in plain loops. A tile is 16 x 16 words.
struct ModelTiles {
  static inline float sums[2][2][16][16];
  static inline Pair A[2][16][16], B[2][16][16];

  static void clear() { std::memset(sums, 0, sizeof sums); }
  static void load(Pair (&tile)[16][16], const Pair* from, Index stride) {
    for (Index r = 0; r < 16; ++r) std::copy_n(from + r * stride, 16, tile[r]);
  }
  template <int row>
  static void load_a(const Pair* from, Index stride) {
    load(A[row], from, stride);
  }
  template <int column>
  static void load_b(const Pair* from, Index stride) {
    load(B[column], from, stride);
  }
  template <int row, int column>
  static void multiply() {
    for (int m = 0; m < 16; ++m) {
      float first[16] = {}, second[16] = {};
      for (int k = 0; k < 16; ++k)
        for (int n = 0; n < 16; ++n) {
          first[n] = without_subnormal(std::fma(first_of(A[row][m][k]), first_of(B[column][k][n]), first[n]));
          second[n] = without_subnormal(std::fma(second_of(A[row][m][k]), second_of(B[column][k][n]), second[n]));
        }
      for (int n = 0; n < 16; ++n) sums[row][column][m][n] += first[n] + second[n];
    }
  }
  static void store(TileSums& to) {
    for (int row = 0; row < 2; ++row)
      for (int column = 0; column < 2; ++column)
        for (int m = 0; m < 16; ++m)
          std::copy_n(sums[row][column][m], 16, to.at + (16 * row + m) * TileSums::kSide + 16 * column);
  }
};

const PairKernels& model_of_tiles() {
  static const PairKernels kernels{"a model of tiles", TileSums::kSide, plain_pair_kernels().round_rows,
                                   plain_pair_kernels().round_columns, multiply_in_tiles<ModelTiles>};
  return kernels;
}

/// All that this machine has but the plain loops, and a model of what it may not have.
std::vector<const PairKernels*> fast_kernels() {
  std::vector<const PairKernels*> kernels{&model_of_tiles()};
  if (avx512_pair_kernels() != nullptr) kernels.push_back(avx512_pair_kernels());
  if (amx_pair_kernels() != nullptr) kernels.push_back(amx_pair_kernels());
  return kernels;
}

/// Numbers of very different sizes, subnormal ones and those halfway between two bf16 among them.
std::vector<float> awkward_numbers() {
  std::mt19937 random(1);
  std::vector<float> numbers{0.F,
                             -0.F,
                             1.F,
                             kInfinity,
                             -kInfinity,
                             std::numeric_limits<float>::denorm_min(),
                             std::numeric_limits<float>::min(),
                             std::numeric_limits<float>::max(),
                             -3e-39F};
  for (int i = 0; i < 20000; ++i) numbers.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
  for (int i = 0; i < 2000; ++i)
    numbers.push_back(std::bit_cast<float>((static_cast<std::uint32_t>(random()) & 0xffff0000U) | 0x8000U));
  return numbers;
}

TEST(Bf16, IsTheNearestNumberOfEightBits) {
  for (const float x : awkward_numbers()) {
    const float rounded = from_bf16(bf16_of(x));
    if (std::isnan(x)) {
      EXPECT_TRUE(std::isnan(rounded));
    } else if (std::isinf(x) || x == 0) {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(rounded), std::bit_cast<std::uint32_t>(x));
    } else if (std::abs(x) < std::numeric_limits<float>::min()) {
      EXPECT_EQ(std::bit_cast<std::uint32_t>(rounded), std::bit_cast<std::uint32_t>(std::copysign(0.F, x)));
    } else {
      int exponent = 0;
      const double fraction = std::frexp(static_cast<double>(x), &exponent);  // nearbyint rounds halves to even
      const double nearest = std::ldexp(std::nearbyint(std::ldexp(fraction, 8)), exponent - 8);
      EXPECT_EQ(rounded, static_cast<float>(nearest)) << x;  // beyond the largest: infinity
    }
  }
}

TEST(Bf16, EveryKernelRoundsAsThePlainLoopsDo) {
  const std::vector<float> numbers = awkward_numbers();
  for (const PairKernels* fast : fast_kernels())
    for (const Index rows : {1, 7, 16})
      for (const Index inner : {1, 2, 15, 31, 32, 33, 100, 256}) {
        const Index stride = inner + 3, pairs = in_blocks((inner + 1) / 2);
        std::vector<Pair> plain(static_cast<std::size_t>(rows * pairs + 1), 7U), quick = plain;
        for (const float scale : {1.F, -0.3F}) {
          plain_pair_kernels().round_rows(numbers.data(), stride, rows, inner, scale, plain.data());
          fast->round_rows(numbers.data(), stride, rows, inner, scale, quick.data());
          EXPECT_EQ(plain, quick) << fast->name << " " << rows << " x " << inner;
        }
        // The same numbers as a [inner x rows] matrix.
        Eigen::ArrayX<Pair> plain_columns = Eigen::ArrayX<Pair>::Constant(pairs * in_blocks(rows) + 16, 7U);
        Eigen::ArrayX<Pair> quick_columns = plain_columns;
        plain_pair_kernels().round_columns(numbers.data(), rows + 2, inner, rows, plain_columns.data());
        fast->round_columns(numbers.data(), rows + 2, inner, rows, quick_columns.data());
        EXPECT_TRUE((plain_columns == quick_columns).all()) << fast->name << " " << inner << " x " << rows;
      }
}

struct Sizes {
  Index n, k, B;
  std::string text() const { return fmt::format("n {} k {} B {}", n, k, B); }
};

/// Every remainder of a block, and sums of several parts.
std::vector<Sizes> all_sizes() {
  std::vector<Sizes> sizes;
  for (const Index n : {1, 3, 16, 17, 33})
    for (const Index k : {1, 2, 9, 48, 49, 100, 257})
      for (const Index B : {1, 7, 31, 32, 33, 256}) sizes.push_back({n, k, B});
  sizes.push_back({100, 784, 32});
  sizes.push_back({300, 30, 31});  // the backward product in two parts
  sizes.push_back({20, 30, 300});  // the update in two parts
  return sizes;
}

Matrix random_matrix(Index rows, Index cols, std::mt19937& random) {
  std::uniform_real_distribution<Real> draw(-1, 1);
  return Matrix::NullaryExpr(rows, cols, [&] { return draw(random); });
}

Matrix rounded(const Matrix& m) {
  return m.unaryExpr([](float x) { return from_bf16(bf16_of(x)); });
}

/// The operands and the results of the three products by one kind of kernel.
struct Three {
  Matrix out, below, weights;

  Three(const PairKernels& kernels, const Sizes& size, Real keep, Real least, std::uint32_t seed)
      : out(Matrix::Constant(size.n, size.B, kNan)), below(Matrix::Constant(size.k, size.B, kNan)) {
    std::mt19937 random(seed);
    W = random_matrix(size.n, size.k, random);
    Xt = random_matrix(size.k, size.B, random);
    D = random_matrix(size.n, size.B, random);
    X = Xt.transpose();
    weights = keep == 0 ? Matrix(Matrix::Constant(size.n, size.k, kNan)) : W;
    Bf16Products products(kernels, size.n, size.k, size.B);
    products.forward(view(W), view(Xt), {out.data(), size.n, size.B});
    products.backward(view(W), view(D), {below.data(), size.k, size.B});
    products.update({weights.data(), size.n, size.k}, keep, kRate, view(D), view(X), least);
  }
  static constexpr Real kRate = Real(-0.3);
  Matrix W, Xt, D, X;
};

/// Largest difference, as a share of the largest entry.
Real off(const Matrix& a, const Matrix& b) { return (a - b).cwiseAbs().maxCoeff() / b.cwiseAbs().maxCoeff(); }

TEST(Bf16, PlainProductsAreSumsOverRoundedOperands) {
  for (const Sizes& size : all_sizes())
    for (const Real keep : {Real(1), Real(0.9), Real(0)})
      for (const Real least : {kNone, Real(-0.1)}) {
        const Three plain(plain_pair_kernels(), size, keep, least, 3);
        const Matrix W = rounded(plain.W), Xt = rounded(plain.Xt), X = rounded(plain.X), D = rounded(plain.D);
        const Matrix step = rounded(Three::kRate * plain.D);
        Matrix out(size.n, size.B), below(size.k, size.B), weights = plain.W;
        reference::forward_product(view(W), view(Xt), {out.data(), size.n, size.B});
        reference::backward_product(view(W), view(D), {below.data(), size.k, size.B});
        reference::update_product({weights.data(), size.n, size.k}, keep, 1, view(step), view(X), least);
        EXPECT_LT(off(plain.out, out), 1e-5) << size.text();
        EXPECT_LT(off(plain.below, below), 1e-5) << size.text();
        EXPECT_LT(off(plain.weights, weights), 1e-5) << size.text() << " keep " << keep << " least " << least;
      }
}

TEST(Bf16, Avx512GivesTheBitsOfThePlainLoops) {
  if (avx512_pair_kernels() == nullptr) GTEST_SKIP() << "this CPU has no AVX-512 for bf16";
  for (const Sizes& size : all_sizes())
    for (const Real keep : {Real(1), Real(0.9), Real(0)}) {
      const Three plain(plain_pair_kernels(), size, keep, -0.1F, 4), fast(*avx512_pair_kernels(), size, keep, -0.1F, 4);
      EXPECT_TRUE((plain.out.array() == fast.out.array()).all()) << size.text();
      EXPECT_TRUE((plain.below.array() == fast.below.array()).all()) << size.text();
      EXPECT_TRUE((plain.weights.array() == fast.weights.array()).all()) << size.text() << " keep " << keep;
    }
}

TEST(Bf16, EveryShapeOfATileGivesTheBitsOfThePlainLoops) {
  if (avx512_pair_kernels() == nullptr) GTEST_SKIP() << "this CPU has no AVX-512 for bf16";
  for (Index n = 1; n <= 17; ++n)
    for (Index k = 1; k <= 65; k += n == 1 ? 1 : 16) {  // the columns of an update
      const Three plain(plain_pair_kernels(), {n, k, 5}, 1, 0, 5), fast(*avx512_pair_kernels(), {n, k, 5}, 1, 0, 5);
      EXPECT_TRUE((plain.weights.array() == fast.weights.array()).all()) << n << " " << k;
      EXPECT_TRUE((plain.out.array() == fast.out.array()).all()) << n << " " << k;
    }
}

/// Tiles sum in another order, so they agree with the plain loops as sums in fp32 do: within 1e-5 of the largest.
void expect_tiles_agree(const PairKernels& tiles) {
  for (const Sizes& size : all_sizes())
    for (const Real keep : {Real(1), Real(0.9), Real(0)}) {
      const Three plain(plain_pair_kernels(), size, keep, -0.1F, 6), fast(tiles, size, keep, -0.1F, 6);
      EXPECT_LT(off(fast.out, plain.out), 1e-5) << size.text();
      EXPECT_LT(off(fast.below, plain.below), 1e-5) << size.text();
      EXPECT_LT(off(fast.weights, plain.weights), 1e-5) << size.text() << " keep " << keep;
    }
}

TEST(Bf16, AModelOfTilesAgreesWithThePlainLoops) { expect_tiles_agree(model_of_tiles()); }

TEST(Bf16, AmxAgreesWithThePlainLoops) {
  if (amx_pair_kernels() == nullptr) GTEST_SKIP() << "this CPU has no AMX to be used: " << why_no_amx();
  expect_tiles_agree(*amx_pair_kernels());
}

TEST(Bf16, SubnormalNumbersAreZero) {
  std::vector<const PairKernels*> kernels = fast_kernels();
  kernels.push_back(&plain_pair_kernels());
  for (const PairKernels* kernel : kernels) {
    Matrix W(1, 2), Xt(2, 1), out(1, 1);
    Bf16Products products(*kernel, 1, 2, 1);
    W << 1e-25F, 1;
    Xt << 1e-20F, 0;  // a product that only a subnormal number could hold
    products.forward(view(W), view(Xt), {out.data(), 1, 1});
    EXPECT_EQ(out(0, 0), 0) << kernel->name;
    W << 1e-40F, 1;
    Xt << 1e30F, 0;  // an operand
    products.forward(view(W), view(Xt), {out.data(), 1, 1});
    EXPECT_EQ(out(0, 0), 0) << kernel->name;
  }
}

TEST(Bf16, NansGoThroughAndStay) {
  std::vector<const PairKernels*> kernels = fast_kernels();
  kernels.push_back(&plain_pair_kernels());
  for (const PairKernels* kernel : kernels) {
    Matrix W = Matrix::Constant(20, 40, Real(-1)), D = Matrix::Zero(20, 32), X = Matrix::Zero(32, 40);
    W(7, 30) = kNan;
    D(9, 3) = kNan;
    Bf16Products products(*kernel, 20, 40, 32);
    Matrix out(20, 32);
    const Matrix Xt = X.transpose();
    products.forward(view(W), view(Xt), {out.data(), 20, 32});
    for (Index i = 0; i < 20; ++i) EXPECT_EQ(out.row(i).hasNaN(), i == 7) << kernel->name;
    products.update({W.data(), 20, 40}, 1, Real(0.1), view(D), view(X), 0);
    for (Index i = 0; i < 20; ++i)
      for (Index j = 0; j < 40; ++j) {
        EXPECT_EQ(std::isnan(W(i, j)), i == 9 || (i == 7 && j == 30)) << kernel->name << " " << i << " " << j;
        EXPECT_FALSE(W(i, j) < 0);
      }
  }
}

}  // namespace
}  // namespace chandelier

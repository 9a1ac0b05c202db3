// Matrix products in bf16 and fp16: every target and implementation is bitwise identical to the reference.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "kernels/products_bf16.hpp"
#include "kernels/products_fp16.hpp"
#include "kernels/products_fp32.hpp"
#include "kernels/products_reference.hpp"

namespace chandelier {
namespace {

constexpr Real kNan = std::numeric_limits<Real>::quiet_NaN(), kNone = -std::numeric_limits<Real>::infinity();
constexpr Real kRate = Real(-0.3);

struct Sizes {
  Index n, k, B;
  std::string text() const { return fmt::format("n {} k {} B {}", n, k, B); }
};

/// Sizes with every remainder of a pair, a block and a register, and sums of several parts.
std::vector<Sizes> all_sizes() {
  std::vector<Sizes> sizes;
  for (const Index n : {1, 3, 16, 17, 33})
    for (const Index k : {1, 2, 9, 48, 49, 100, 257})
      for (const Index B : {1, 7, 31, 32, 33, 256}) sizes.push_back({n, k, B});
  for (Index k = 1; k <= 65; ++k) sizes.push_back({k % 17 + 1, k, 5});
  sizes.push_back({100, 784, 32});
  sizes.push_back({300, 30, 31});
  sizes.push_back({600, 30, 3});
  sizes.push_back({20, 30, 300});
  return sizes;
}

Matrix random_matrix(Index rows, Index cols, std::mt19937& random) {
  std::uniform_real_distribution<Real> draw(-1, 1);
  return Matrix::NullaryExpr(rows, cols, [&] { return draw(random); });
}

MatrixView all_of(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }

/// The operands and the results of the three products.
struct Three {
  Three(const Sizes& size, Real keep) : out(size.n, size.B), below(size.k, size.B) {
    std::mt19937 random(3);
    W = random_matrix(size.n, size.k, random);
    Xt = random_matrix(size.k, size.B, random);
    D = random_matrix(size.n, size.B, random);
    X = Xt.transpose();
    weights = keep == 0 ? Matrix(Matrix::Constant(size.n, size.k, kNan)) : W;
  }
  void by(Products& products, Real keep, Real least) {
    products.forward(view(W), view(Xt), all_of(out));
    products.backward(view(W), view(D), all_of(below));
    products.update(all_of(weights), keep, kRate, view(D), view(X), least);
  }
  Matrix W, Xt, D, X, out, below, weights;
};

Matrix rounded(Matrix m) {
  return m.unaryExpr([](Real x) { return static_cast<Real>(rounded_to_fp16(static_cast<float>(x))); });
}

void by_definition_of_bf16(Three& three, Real keep, Real least) {
  reference::forward_product_bf16(view(three.W), view(three.Xt), all_of(three.out));
  reference::backward_product_bf16(view(three.W), view(three.D), all_of(three.below));
  reference::update_product_bf16(all_of(three.weights), keep, kRate, view(three.D), view(three.X), least);
}

void by_definition_of_fp16(Three& three, Real keep, Real least) {
  const Matrix W = rounded(three.W), Xt = rounded(three.Xt), D = rounded(three.D), X = rounded(three.X);
  reference::forward_product(view(W), view(Xt), all_of(three.out));
  reference::backward_product(view(W), view(D), all_of(three.below));
  Matrix gradient(W.rows(), W.cols());
  reference::update_product(all_of(gradient), 0, 1, view(D), view(X), kNone);
  three.out = rounded(three.out);
  three.below = rounded(three.below);
  gradient = rounded(gradient);
  for (Index i = 0; i < W.size(); ++i) {
    Real& w = three.weights.data()[i];
    w = std::max(least, (keep == 0 ? Real(0) : keep * w) + kRate * gradient.data()[i]);
  }
}

/// Makes the products of one implementation for a size and target; null if it is not available.
using Make = std::function<std::unique_ptr<Products>(const Sizes&)>;

class RoundedProducts : public ::testing::Test {
 protected:
  void TearDown() override { use_target(targets().front()); }

  void expect_bits(const Make& make, void (*by_definition)(Three&, Real, Real), const std::string& what) {
    int turn = 0;
    for (const Sizes& size : all_sizes())
      for (const Real keep : {Real(1), Real(0.9), Real(0)}) {
        const Real least = ++turn % 2 == 0 ? kNone : Real(-0.1);
        Three expected(size, keep);
        by_definition(expected, keep, least);
        for (const std::string& target : targets()) {
          use_target(target);
          const std::unique_ptr<Products> products = make(size);
          if (products == nullptr) continue;
          Three three(size, keep);
          three.by(*products, keep, least);
          const std::string where =
              fmt::format("{} by {}, {} keep {} least {}", what, target, size.text(), keep, least);
          EXPECT_TRUE((three.out.array() == expected.out.array()).all()) << "forward " << where;
          EXPECT_TRUE((three.below.array() == expected.below.array()).all()) << "backward " << where;
          EXPECT_TRUE((three.weights.array() == expected.weights.array()).all()) << "update " << where;
        }
      }
  }
};

std::unique_ptr<Products> bf16_by_fp32(const Sizes& size) {
  return std::make_unique<Bf16Products>(size.n, size.k, size.B);
}
std::unique_ptr<Products> bf16_by_avx512(const Sizes& size) {
  return make_avx512_bf16_products(size.n, size.k, size.B);
}
std::unique_ptr<Products> fp16(const Sizes& size) { return std::make_unique<Fp16Products>(size.n, size.k, size.B); }

TEST_F(RoundedProducts, HaveTheBitsOfTheDefinitionOfBf16) {
  expect_bits(bf16_by_fp32, by_definition_of_bf16, "bf16 by fp32");
}

TEST_F(RoundedProducts, HaveTheBitsOfTheDefinitionOfBf16ByAvx512) {
  if (bf16_by_avx512({1, 1, 1}) == nullptr) GTEST_SKIP() << "this CPU has no AVX-512 for bf16";
  expect_bits(bf16_by_avx512, by_definition_of_bf16, "bf16 by AVX-512");
}

TEST_F(RoundedProducts, HaveTheBitsOfTheDefinitionOfFp16) { expect_bits(fp16, by_definition_of_fp16, "fp16"); }

TEST_F(RoundedProducts, OfBf16TakeSubnormalNumbersForZero) {
  for (const Make& make : {Make(bf16_by_fp32), Make(bf16_by_avx512)}) {
    const auto products = make({1, 2, 1});
    if (products == nullptr) continue;
    Matrix W(1, 2), Xt(2, 1), out(1, 1);
    W << Real(1e-25), 1;
    Xt << Real(1e-20), 0;  // its product is subnormal
    products->forward(view(W), view(Xt), all_of(out));
    EXPECT_EQ(out(0, 0), 0);
    W << Real(1e-40), 1;
    Xt << Real(1e30), 0;  // a subnormal operand
    products->forward(view(W), view(Xt), all_of(out));
    EXPECT_EQ(out(0, 0), 0);
    volatile Real smallest = std::numeric_limits<Real>::denorm_min();
    EXPECT_GT(smallest, 0) << "what comes after has subnormal numbers again";
  }
}

TEST_F(RoundedProducts, OfFp16OverflowToInfinity) {
  Matrix W = Matrix::Constant(3, 40, 50), Xt = Matrix::Constant(40, 2, 40), out(3, 2);
  fp16({3, 40, 2})->forward(view(W), view(Xt), all_of(out));  // 80000
  EXPECT_TRUE((out.array() == std::numeric_limits<Real>::infinity()).all());
}

TEST_F(RoundedProducts, LetNansThroughAndDalesLawLeavesThem) {
  for (const Make& make : {Make(bf16_by_fp32), Make(bf16_by_avx512), Make(fp16)}) {
    const auto products = make({20, 40, 32});
    if (products == nullptr) continue;
    Matrix W = Matrix::Constant(20, 40, Real(-1)), D = Matrix::Zero(20, 32), X = Matrix::Zero(32, 40), out(20, 32);
    W(7, 30) = kNan;
    D(9, 3) = kNan;
    const Matrix Xt = X.transpose();
    products->forward(view(W), view(Xt), all_of(out));
    for (Index i = 0; i < 20; ++i) EXPECT_EQ(out.row(i).hasNaN(), i == 7);
    products->update(all_of(W), 1, Real(0.1), view(D), view(X), 0);
    for (Index i = 0; i < 20; ++i)
      for (Index j = 0; j < 40; ++j) {
        EXPECT_EQ(std::isnan(W(i, j)), i == 9 || (i == 7 && j == 30)) << i << " " << j;
        EXPECT_FALSE(W(i, j) < 0);
      }
  }
}

}  // namespace
}  // namespace chandelier

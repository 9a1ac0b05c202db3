// The fast products, by a BLAS and with AVX-512, against the plain loops of products_reference.hpp.

#include "kernels/products.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "kernels/products_avx512.hpp"
#include "kernels/products_blas.hpp"
#include "kernels/products_reference.hpp"

namespace chandelier {
namespace {

constexpr Real kNan = std::numeric_limits<Real>::quiet_NaN();

Matrix random_matrix(Index rows, Index cols, std::mt19937& random) {
  std::uniform_real_distribution<Real> draw(-1, 1);
  return Matrix::NullaryExpr(rows, cols, [&] { return draw(random); });
}

/// A result between two untouched rows, so that writing past either end is seen.
class Guarded {
 public:
  Guarded(Index rows, Index cols) : storage_(Matrix::Constant(rows + 2, cols, kNan)), rows_(rows) {
    storage_.row(0).setConstant(kGuard);
    storage_.row(rows + 1).setConstant(kGuard);
  }
  MatrixView inside() { return rows_of(MatrixView(storage_.data(), storage_.rows(), storage_.cols()), 1, rows_); }
  bool guards_stand() const {
    return (storage_.row(0).array() == kGuard).all() && (storage_.row(rows_ + 1).array() == kGuard).all();
  }

 private:
  static constexpr Real kGuard = 12345;
  Matrix storage_;
  Index rows_;
};

/// Each entry within c * epsilon * magnitude, its magnitude being the sum of the absolute products.
void expect_same(const MatrixView& fast, const Matrix& reference, const Matrix& magnitude, const std::string& what) {
  constexpr Real c = 16, epsilon = std::numeric_limits<Real>::epsilon();
  ASSERT_TRUE(reference.allFinite());
  const Matrix excess = (fast - reference).cwiseAbs() - c * epsilon * magnitude;
  EXPECT_TRUE((excess.array() <= 0).all()) << what << ": off by " << (fast - reference).cwiseAbs().maxCoeff();
}

struct Sizes {
  Index n, k, B;
  std::string text() const { return fmt::format("n {} k {} B {}", n, k, B); }
};

/// Awkward sizes, and those around the ends of a piece (10^6 multiplications): 32 rows at k 784 and 32 samples.
std::vector<Sizes> all_sizes() {
  std::vector<Sizes> sizes;
  for (const Index n : {1, 3, 17, 31, 32, 33, 100})
    for (const Index k : {1, 3, 9, 100, 784})
      for (const Index B : {1, 31, 32, 256}) sizes.push_back({n, k, B});
  for (const Index n : {63, 64, 65, 161}) sizes.push_back({n, 784, 32});
  for (const Index k : {311, 312, 313, 625}) sizes.push_back({100, k, 32});  // pieces of the backward product
  sizes.push_back({501, 784, 33});
  sizes.push_back({9, 501, 256});
  return sizes;
}

using Forward = void (*)(ConstMatrixView W, ConstMatrixView Xt, MatrixView out);
using Update = void (*)(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least);

void expect_forward_is_the_plain_loop(Forward forward, const Sizes& size, std::mt19937& random) {
  const Matrix W = random_matrix(size.n, size.k, random), Xt = random_matrix(size.k, size.B, random);
  const Matrix W_size = W.cwiseAbs(), X_size = Xt.cwiseAbs();
  Guarded fast(size.n, size.B);
  Matrix plain(size.n, size.B), magnitude(size.n, size.B);
  forward(view(W), view(Xt), fast.inside());
  reference::forward_product(view(W), view(Xt), MatrixView(plain.data(), size.n, size.B));
  reference::forward_product(view(W_size), view(X_size), MatrixView(magnitude.data(), size.n, size.B));
  expect_same(fast.inside(), plain, magnitude, size.text());
  EXPECT_TRUE(fast.guards_stand()) << size.text();
}

void expect_update_is_the_plain_loop(Update update, const Sizes& size, Real keep, Real least, std::mt19937& random) {
  const Matrix D = random_matrix(size.n, size.B, random), X = random_matrix(size.B, size.k, random);
  const Matrix D_size = D.cwiseAbs(), X_size = X.cwiseAbs();
  const Matrix before = random_matrix(size.n, size.k, random);
  const Real rate = Real(-0.3);
  Guarded fast(size.n, size.k);
  if (keep != 0) fast.inside() = before;  // otherwise the memory is NaN, which must not matter
  Matrix plain = before, magnitude = before.cwiseAbs();
  update(fast.inside(), keep, rate, view(D), view(X), least);
  reference::update_product(MatrixView(plain.data(), size.n, size.k), keep, rate, view(D), view(X), least);
  reference::update_product(MatrixView(magnitude.data(), size.n, size.k), keep, -rate, view(D_size), view(X_size));
  const std::string what = fmt::format("{} keep {} least {}", size.text(), keep, least);
  expect_same(fast.inside(), plain, magnitude, what);
  EXPECT_TRUE((fast.inside().array() >= least).all()) << what;
  EXPECT_TRUE(fast.guards_stand()) << what;
}

void avx512_update(MatrixView W, Real, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) {
  avx512::update_product(W, rate, D, X, least);
}

constexpr Real kNone = -std::numeric_limits<Real>::infinity();

TEST(Products, ForwardIsThePlainLoop) {
  std::mt19937 random(1);
  for (const Sizes& size : all_sizes())
    for (const Forward forward : {forward_product, blas::forward_product})
      expect_forward_is_the_plain_loop(forward, size, random);
}

TEST(Products, BackwardIsThePlainLoop) {
  std::mt19937 random(2);
  for (const Sizes& size : all_sizes()) {
    const Matrix W = random_matrix(size.n, size.k, random), D = random_matrix(size.n, size.B, random);
    const Matrix W_size = W.cwiseAbs(), D_size = D.cwiseAbs();
    Guarded fast(size.k, size.B);
    Matrix plain(size.k, size.B), magnitude(size.k, size.B);
    backward_product(view(W), view(D), fast.inside());
    reference::backward_product(view(W), view(D), MatrixView(plain.data(), size.k, size.B));
    reference::backward_product(view(W_size), view(D_size), MatrixView(magnitude.data(), size.k, size.B));
    expect_same(fast.inside(), plain, magnitude, size.text());
    EXPECT_TRUE(fast.guards_stand()) << size.text();
  }
}

TEST(Products, UpdateIsThePlainLoop) {
  std::mt19937 random(3);
  for (const Sizes& size : all_sizes())
    for (const Real keep : {Real(1), Real(0.9), Real(0)})
      for (const Real least : {kNone, Real(0), Real(-0.2)})
        for (const Update update : {update_product, blas::update_product})
          expect_update_is_the_plain_loop(update, size, keep, least, random);
}

TEST(Products, EveryShapeOfATileIsThePlainLoop) {
  if (!avx512::is_there()) GTEST_SKIP() << "this CPU has no AVX-512";
  std::mt19937 random(4);
  for (Index n = 1; n <= 19; ++n)  // tiles of 1 ... 8 rows
    for (const Index B : {32, 64}) expect_forward_is_the_plain_loop(avx512::forward_product, {n, 5, B}, random);
  for (Index n = 1; n <= 9; ++n)
    for (Index k = 1; k <= 100; ++k)  // tiles of 1 ... 3 registers, the last one of 1 ... 16 lanes
      expect_update_is_the_plain_loop(avx512_update, {n, k, 7}, 1, k % 2 == 0 ? 0 : kNone, random);
}

TEST(Products, WhatTheTilesCannotDoIsRefused) {
  if (!avx512::is_there()) GTEST_SKIP() << "this CPU has no AVX-512";
  const Matrix W = Matrix::Ones(4, 20), Xt = Matrix::Ones(20, 33);
  Matrix out(4, 33);
  EXPECT_THROW(avx512::forward_product(view(W), view(Xt), MatrixView(out.data(), 4, 33)), Bug);
}

TEST(Products, NansGoThrough) {
  Matrix W = Matrix::Ones(40, 784), Xt = Matrix::Ones(784, 32);
  W(35, 700) = kNan;
  Matrix out(40, 32);
  forward_product(view(W), view(Xt), MatrixView(out.data(), 40, 32));
  for (Index i = 0; i < 40; ++i)
    for (Index b = 0; b < 32; ++b) EXPECT_EQ(std::isnan(out(i, b)), i == 35) << i << " " << b;
}

TEST(Products, TheProjectionOfAnUpdateLeavesNans) {
  for (const Update update : {update_product, blas::update_product, reference::update_product}) {
    Matrix W = Matrix::Constant(40, 100, Real(-1)), D = Matrix::Zero(40, 32), X = Matrix::Zero(32, 100);
    W(7, 50) = kNan;
    D(9, 3) = kNan;
    update(MatrixView(W.data(), 40, 100), 1, Real(0.1), view(D), view(X), 0);
    for (Index i = 0; i < 40; ++i)
      for (Index j = 0; j < 100; ++j) {
        EXPECT_EQ(std::isnan(W(i, j)), i == 9 || (i == 7 && j == 50)) << i << " " << j;
        EXPECT_FALSE(W(i, j) < 0) << i << " " << j;
      }
  }
}

}  // namespace
}  // namespace chandelier

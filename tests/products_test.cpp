// The fast products against the plain loops of products_reference.hpp.

#include "kernels/products.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

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

TEST(Products, ForwardIsThePlainLoop) {
  std::mt19937 random(1);
  for (const Sizes& size : all_sizes()) {
    const Matrix W = random_matrix(size.n, size.k, random), Xt = random_matrix(size.k, size.B, random);
    const Matrix W_size = W.cwiseAbs(), X_size = Xt.cwiseAbs();
    Guarded fast(size.n, size.B);
    Matrix plain(size.n, size.B), magnitude(size.n, size.B);
    forward_product(view(W), view(Xt), fast.inside());
    reference::forward_product(view(W), view(Xt), MatrixView(plain.data(), size.n, size.B));
    reference::forward_product(view(W_size), view(X_size), MatrixView(magnitude.data(), size.n, size.B));
    expect_same(fast.inside(), plain, magnitude, size.text());
    EXPECT_TRUE(fast.guards_stand()) << size.text();
  }
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
    for (const Real keep : {Real(1), Real(0.9), Real(0)}) {
      const Matrix D = random_matrix(size.n, size.B, random), X = random_matrix(size.B, size.k, random);
      const Matrix D_size = D.cwiseAbs(), X_size = X.cwiseAbs();
      const Matrix before = random_matrix(size.n, size.k, random);
      const Real rate = Real(-0.3);
      Guarded fast(size.n, size.k);
      if (keep != 0) fast.inside() = before;  // otherwise the memory is NaN, which must not matter
      Matrix plain = before, magnitude = before.cwiseAbs();
      update_product(fast.inside(), keep, rate, view(D), view(X));
      reference::update_product(MatrixView(plain.data(), size.n, size.k), keep, rate, view(D), view(X));
      reference::update_product(MatrixView(magnitude.data(), size.n, size.k), keep, -rate, view(D_size), view(X_size));
      expect_same(fast.inside(), plain, magnitude, fmt::format("{} keep {}", size.text(), keep));
      EXPECT_TRUE(fast.guards_stand()) << size.text();
    }
}

TEST(Products, UpdatePiecesAreUsable) {
  for (const Index k : {1, 3, 784, 100000})
    for (const Index B : {1, 32, 256, 65536}) EXPECT_GE(update_piece(k, B), 8) << k << " " << B;
  EXPECT_EQ(update_piece(784, 32), 32);
}

TEST(Products, NansGoThrough) {
  Matrix W = Matrix::Ones(40, 784), Xt = Matrix::Ones(784, 32);
  W(35, 700) = kNan;
  Matrix out(40, 32);
  forward_product(view(W), view(Xt), MatrixView(out.data(), 40, 32));
  for (Index i = 0; i < 40; ++i)
    for (Index b = 0; b < 32; ++b) EXPECT_EQ(std::isnan(out(i, b)), i == 35) << i << " " << b;
}

}  // namespace
}  // namespace chandelier

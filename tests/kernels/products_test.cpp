// The matrix products of every target are bitwise identical to the reference implementation, products_reference.hpp.

#include "kernels/products.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "kernels/products_fp32.hpp"
#include "kernels/products_reference.hpp"

namespace chandelier {
namespace {

constexpr Real kNan = std::numeric_limits<Real>::quiet_NaN();
constexpr Real kNone = -std::numeric_limits<Real>::infinity();

Matrix random_matrix(Index rows, Index cols, std::mt19937& random) {
  std::uniform_real_distribution<Real> draw(-1, 1);
  return Matrix::NullaryExpr(rows, cols, [&] { return draw(random); });
}

/// A result between two guard rows, which reveal writes past either end.
class Guarded {
 public:
  explicit Guarded(const Matrix& before) : storage_(before.rows() + 2, before.cols()), rows_(before.rows()) {
    storage_.setConstant(kGuard);
    inside() = before;
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

MatrixView all_of(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }

bool same_bits(const MatrixView& a, const Matrix& b) {
  return std::memcmp(a.data(), b.data(), static_cast<std::size_t>(b.size()) * sizeof(Real)) == 0;
}

/// Compares a product of every target with the reference implementation. `product(target_kernels, out)` computes it.
class EveryTarget : public ::testing::Test {
 protected:
  void TearDown() override { use_target(targets().front()); }

  template <class Product>
  void expect_bits_of(const Matrix& expected, const Matrix& before, const std::string& what, Product product) {
    for (const std::string& target : targets()) {
      if (target == targets().back()) continue;  // the reference implementation itself
      use_target(target);
      Guarded out(before);
      product(out.inside());
      EXPECT_TRUE(same_bits(out.inside(), expected)) << target << ", " << what;
      EXPECT_TRUE(out.guards_stand()) << target << ", " << what;
    }
  }

  void expect_definition(Index n, Index k, Index B) {
    const std::string sizes = fmt::format("n {} k {} B {}", n, k, B);
    const Matrix W = random_matrix(n, k, random_), Xt = random_matrix(k, B, random_), X = Xt.transpose();
    const Matrix D = random_matrix(n, B, random_);
    Matrix out = Matrix::Constant(n, B, kNan), below = Matrix::Constant(k, B, kNan);
    const Matrix no_out = out, no_below = below;
    reference::forward_product(view(W), view(Xt), all_of(out));
    expect_bits_of(out, no_out, "forward " + sizes, [&](MatrixView to) { forward_product(view(W), view(Xt), to); });
    reference::backward_product(view(W), view(D), all_of(below));
    expect_bits_of(below, no_below, "backward " + sizes,
                   [&](MatrixView to) { backward_product(view(W), view(D), to); });
    expect_update(W, D, X, kKeeps[turn_ % 3], kLeasts[turn_ / 3 % 3]);
    ++turn_;
  }

  void expect_update(const Matrix& W, const Matrix& D, const Matrix& X, Real keep, Real least) {
    const Matrix before = keep == 0 ? Matrix(Matrix::Constant(W.rows(), W.cols(), kNan)) : W;  // must not be read
    Matrix after = before;
    reference::update_product(all_of(after), keep, kRate, view(D), view(X), least);
    expect_bits_of(after, before,
                   fmt::format("update n {} k {} B {} keep {} least {}", W.rows(), W.cols(), D.cols(), keep, least),
                   [&](MatrixView to) { update_product(to, keep, kRate, view(D), view(X), least); });
  }

  static constexpr Real kKeeps[] = {1, Real(0.9), 0}, kLeasts[] = {0, kNone, Real(-0.2)}, kRate = Real(-0.3);
  std::mt19937 random_{1};
  int turn_ = 0;
};

using Products = EveryTarget;

TEST_F(Products, HaveTheBitsOfTheDefinitionAtEverySmallShape) {
  for (Index n = 1; n <= 70; ++n)
    for (Index k = 1; k <= 70; ++k) expect_definition(n, k, 1 + (n * 7 + k * 13) % 70);
}

TEST_F(Products, HaveTheBitsOfTheDefinitionAtTheShapesOfNetworks) {
  for (const Index B : {1, 31, 32, 33, 64, 256, 300}) {
    for (const auto& [n, k] :
         std::vector<std::pair<Index, Index>>{{210, 784}, {210, 100}, {21, 234}, {10, 100}, {9, 501}, {234, 23}})
      expect_definition(n, k, B);
  }
  expect_definition(491, 784, 32);
  expect_definition(630, 300, 32);
}

TEST_F(Products, HaveTheBitsOfTheDefinitionForEveryUpdate) {
  const Matrix W = random_matrix(37, 61, random_), D = random_matrix(37, 32, random_),
               X = random_matrix(32, 61, random_);
  for (const Real keep : kKeeps)
    for (const Real least : kLeasts) expect_update(W, D, X, keep, least);
}

TEST_F(Products, OfNothingAreZero) {
  const Matrix W(5, 0), Xt(0, 20), D(0, 20), narrow(0, 5);
  const Matrix zero = Matrix::Zero(5, 20), before = Matrix::Constant(5, 20, kNan);
  expect_bits_of(zero, before, "forward", [&](MatrixView to) { forward_product(view(W), view(Xt), to); });
  expect_bits_of(zero, before, "backward", [&](MatrixView to) { backward_product(view(narrow), view(D), to); });
}

TEST_F(Products, LetNansThroughAndDalesLawLeavesThem) {
  for (const std::string& target : targets()) {
    use_target(target);
    Matrix W = Matrix::Constant(40, 100, Real(-1)), D = Matrix::Zero(40, 32), X = Matrix::Zero(32, 100), out(40, 32);
    W(7, 50) = kNan;
    D(9, 3) = kNan;
    const Matrix Xt = X.transpose();
    forward_product(view(W), view(Xt), all_of(out));
    for (Index i = 0; i < 40; ++i)
      for (Index b = 0; b < 32; ++b) EXPECT_EQ(std::isnan(out(i, b)), i == 7) << target << " " << i << " " << b;
    update_product(all_of(W), 1, Real(0.1), view(D), view(X), 0);
    for (Index i = 0; i < 40; ++i)
      for (Index j = 0; j < 100; ++j) {
        EXPECT_EQ(std::isnan(W(i, j)), i == 9 || (i == 7 && j == 50)) << target << " " << i << " " << j;
        EXPECT_FALSE(W(i, j) < 0) << target << " " << i << " " << j;
      }
  }
}

TEST_F(Products, KeepZerosSignUnderDalesLaw) {
  // Dale's law allows both +0 and -0, and maximum instructions differ in which one they return. All targets must agree.
  const Matrix W = Matrix::Constant(9, 50, Real(-0.0)), D = Matrix::Zero(9, 2), X = Matrix::Zero(2, 50);
  expect_update(W, D, X, 1, 0);
  expect_update(W, D, X, 1, Real(-0.0));
}

TEST_F(Products, OfATargetThatIsNotThereAreRefused) {
  try {
    use_target("AVX9");
    FAIL();
  } catch (const SettingError& error) {
    const std::string sentence = error.what();
    EXPECT_NE(sentence.find("AVX9"), std::string::npos) << sentence;
    EXPECT_NE(sentence.find(targets().front()), std::string::npos) << sentence;
  }
}

}  // namespace
}  // namespace chandelier

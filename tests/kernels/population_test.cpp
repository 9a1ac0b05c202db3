// Sums over units and elementwise operations of kernels/population.hpp, compared with plain loops in double.

#include "kernels/population.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <random>

#include "plain_equations.hpp"

namespace chandelier {
namespace {

constexpr Real kNan = std::numeric_limits<Real>::quiet_NaN();
constexpr std::array<std::array<Index, 2>, 8> kSizes{
    {{1, 1}, {1, 32}, {3, 1}, {17, 31}, {100, 32}, {16, 16}, {33, 17}, {500, 256}}};

Matrix random_matrix(Index n, Index B, std::mt19937& random, double middle = 0) {
  return plain::random_matrix(n, B, random, middle - 1, middle + 1).cast<Real>();
}

TEST(Population, MomentsAreThoseOfEachSample) {
  std::mt19937 random(1);
  for (const auto& [n, B] : kSizes) {
    const Matrix a = random_matrix(n, B, random), c = random_matrix(n, B, random);
    Vector mean(B), mean_again(B), variance(B), dot(B);
    mean_over_units(view(a), VectorView(mean.data(), B));
    moments_over_units(view(a), VectorView(mean_again.data(), B), VectorView(variance.data(), B));
    dot_over_units(view(a), view(c), VectorView(dot.data(), B));
    const plain::MatrixD samples = plain::by_sample(view(a)), others = plain::by_sample(view(c));
    for (Index b = 0; b < B; ++b) {
      const plain::Units sample = samples.row(b), other = others.row(b);
      EXPECT_NEAR(mean[b], plain::mean(sample), 2e-6);
      EXPECT_EQ(mean_again[b], mean[b]);
      EXPECT_NEAR(variance[b], plain::variance(sample), 2e-6);
      EXPECT_NEAR(dot[b], (sample * other).sum(), 2e-6 * static_cast<double>(n));
    }
  }
}

TEST(Population, VarianceSurvivesALargeMean) {
  std::mt19937 random(2);
  const Matrix a = random_matrix(100, 32, random, 4096);
  Vector mean(32), variance(32);
  moments_over_units(view(a), VectorView(mean.data(), 32), VectorView(variance.data(), 32));
  const plain::MatrixD samples = plain::by_sample(view(a));
  for (Index b = 0; b < 32; ++b) EXPECT_NEAR(variance[b], plain::variance(samples.row(b)), 1e-4);
}

TEST(Population, BiasIsAddedToItsUnit) {
  Matrix a = Matrix::Zero(3, 2);
  const Vector bias = Vector::LinSpaced(3, 1, 3);
  add_bias(MatrixView(a.data(), 3, 2), ConstVectorView(bias.data(), 3));
  for (Index j = 0; j < 3; ++j)
    for (Index b = 0; b < 2; ++b) EXPECT_EQ(a(j, b), static_cast<Real>(j + 1));
}

TEST(Population, RectificationKeepsNan) {
  Matrix y(1, 5), h(1, 5);
  y << -1, 0, 2, kNan, -std::numeric_limits<Real>::infinity();
  rectify(view(y), MatrixView(h.data(), 1, 5));
  EXPECT_EQ(h(0, 0), 0);
  EXPECT_EQ(h(0, 1), 0);
  EXPECT_EQ(h(0, 2), 2);
  EXPECT_TRUE(std::isnan(h(0, 3)));
  EXPECT_EQ(h(0, 4), 0);
}

TEST(Population, ErrorPassesOnlyWhereTheUnitIsActive) {
  Matrix y(1, 4), g(1, 4);
  y << -1, 0, std::numeric_limits<Real>::denorm_min(), 3;
  g << 5, 6, 7, 8;
  pass_where_active(view(y), MatrixView(g.data(), 1, 4));
  EXPECT_EQ(g(0, 0), 0);
  EXPECT_EQ(g(0, 1), 0);  // at 0 the unit is silent
  EXPECT_EQ(g(0, 2), 7);
  EXPECT_EQ(g(0, 3), 8);
}

TEST(Population, SilencesANanErrorOfASilentUnit) {
  Matrix y(1, 1), g(1, 1);
  y << -1;
  g << kNan;
  pass_where_active(view(y), MatrixView(g.data(), 1, 1));
  EXPECT_EQ(g(0, 0), 0);
}

TEST(Population, TransposeAroundItsTiles) {
  std::mt19937 random(3);
  for (const Index rows : {1, 3, 15, 16, 17, 32, 33})
    for (const Index cols : {1, 15, 16, 17, 31, 48, 784}) {
      const Matrix from = random_matrix(rows, cols, random);
      Matrix to = Matrix::Constant(cols, rows, kNan);
      transpose(view(from), MatrixView(to.data(), cols, rows));
      EXPECT_TRUE((to.array() == from.transpose().array()).all()) << rows << " x " << cols;
    }
}

TEST(Population, ProjectionIsTheMaximumWithZeroAndKeepsNan) {
  Matrix w(1, 5);
  w << -1, Real(-1e-30), 0, 2, kNan;
  project_non_negative(MatrixView(w.data(), 1, 5));
  EXPECT_EQ(w(0, 0), 0);
  EXPECT_EQ(w(0, 1), 0);
  EXPECT_EQ(w(0, 2), 0);
  EXPECT_EQ(w(0, 3), 2);
  EXPECT_TRUE(std::isnan(w(0, 4)));
}

}  // namespace
}  // namespace chandelier

#include "learning/loss.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <random>
#include <vector>

#include "plain_equations.hpp"

namespace chandelier {
namespace {

/// Sum over the batch of -sum_c target_c log softmax_c, by its definition.
double plain_loss(const plain::MatrixD& logits, const std::vector<std::uint8_t>& labels, double smoothing) {
  double sum = 0;
  const auto classes = static_cast<double>(logits.cols());
  for (Index b = 0; b < logits.rows(); ++b) {
    const plain::Units row = logits.row(b);
    const double log_partition = row.maxCoeff() + std::log((row - row.maxCoeff()).exp().sum());
    for (Index c = 0; c < logits.cols(); ++c) {
      const double target = smoothing / classes + (c == labels[static_cast<std::size_t>(b)] ? 1 - smoothing : 0);
      sum -= target * (row[c] - log_partition);
    }
  }
  return sum;
}

TEST(Loss, IsTheCrossEntropyWithSmoothedTargets) {
  std::mt19937 random(1);
  for (const double smoothing : {0.0, 0.1, 0.5})
    for (const double size : {0.01, 3.0, 80.0})
      for (const Index classes : {2, 10, 256})
        for (const Index B : {1, 7, 32}) {
          const Matrix logits = plain::random_matrix(classes, B, random, -size, size).cast<Real>();
          const auto labels = plain::random_labels(B, static_cast<int>(classes), random);
          Matrix error(classes, B);
          const LossSum sum = cross_entropy(view(logits), labels, smoothing, MatrixView(error.data(), classes, B));
          const plain::MatrixD samples = plain::by_sample(view(logits));
          const double expected = plain_loss(samples, labels, smoothing);
          EXPECT_NEAR(sum.loss, expected, 1e-6 * expected);
          const plain::MatrixD expected_error = plain::task_error(samples, labels, smoothing);
          EXPECT_LE((plain::by_sample(view(error)) - expected_error).cwiseAbs().maxCoeff(),
                    5e-7 / static_cast<double>(B));
          for (Index b = 0; b < B; ++b) EXPECT_NEAR(error.col(b).cast<double>().sum(), 0, 2e-6);
          std::int64_t hits = 0;
          for (Index b = 0; b < B; ++b) {
            Index best = 0;
            samples.row(b).maxCoeff(&best);
            hits += best == labels[static_cast<std::size_t>(b)];
          }
          EXPECT_EQ(sum.hits, hits);
        }
}

TEST(Loss, HugeLogitsStayFinite) {
  for (const Real size : {Real(1e4), Real(1e30)}) {
    Matrix logits(3, 2), error(3, 2);
    logits << size, -size, -size, 0, 0, size;
    const std::array<std::uint8_t, 2> labels{0, 0};
    const LossSum sum = cross_entropy(view(logits), labels, 0, MatrixView(error.data(), 3, 2));
    EXPECT_NEAR(sum.loss / (2 * static_cast<double>(size)), 1, 1e-6);  // the first one has loss 0, the second 2 size
    EXPECT_TRUE(error.allFinite());
    EXPECT_NEAR(error(0, 0), 0, 1e-7);
    EXPECT_NEAR(error(0, 1), -0.5, 1e-7);
    EXPECT_NEAR(error(2, 1), 0.5, 1e-7);
  }
}

TEST(Loss, ErrorIsOfTheMeanOverTheBatchItself) {
  Matrix one(3, 1), five(3, 5), error_one(3, 1), error_five(3, 5);
  one << 1, 2, 3;
  five = one.replicate(1, 5);
  const std::vector<std::uint8_t> labels(5, 1);
  const LossSum of_one = cross_entropy(view(one), std::span(labels).first(1), 0.1, MatrixView(error_one.data(), 3, 1));
  const LossSum of_five = cross_entropy(view(five), labels, 0.1, MatrixView(error_five.data(), 3, 5));
  EXPECT_NEAR(of_five.loss, 5 * of_one.loss, 1e-12);
  for (Index b = 0; b < 5; ++b)
    for (Index c = 0; c < 3; ++c) EXPECT_FLOAT_EQ(error_five(c, b), error_one(c, 0) / 5);
}

TEST(Loss, NanIsNotHidden) {
  Matrix logits = Matrix::Zero(3, 1), error(3, 1);
  logits(1, 0) = std::numeric_limits<Real>::quiet_NaN();
  const std::array<std::uint8_t, 1> labels{0};
  const LossSum sum = cross_entropy(view(logits), labels, 0.1, MatrixView(error.data(), 3, 1));
  EXPECT_TRUE(std::isnan(sum.loss));
}

TEST(Loss, TheFirstOfEqualLogitsIsPredicted) {
  Matrix logits(4, 3), error(4, 3);
  logits.col(0) << 0, 0, 0, 0;
  logits.col(1) << -1, 2, 2, 2;
  logits.col(2) << -3, -3, -4, -2;
  EXPECT_EQ(predicted_class(view(logits), 0), 0);
  EXPECT_EQ(predicted_class(view(logits), 1), 1);
  EXPECT_EQ(predicted_class(view(logits), 2), 3);
  const std::array<std::uint8_t, 3> first{0, 1, 3}, others{1, 2, 0};
  EXPECT_EQ(cross_entropy(view(logits), first, 0, MatrixView(error.data(), 4, 3)).hits, 3);
  EXPECT_EQ(cross_entropy(view(logits), others, 0, MatrixView(error.data(), 4, 3)).hits, 0);
}

}  // namespace
}  // namespace chandelier

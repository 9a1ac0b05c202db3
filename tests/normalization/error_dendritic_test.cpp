// Error interneurons: their updates compared with the equations, the sign of what they learn, and its fixed point.

#include "normalization/error_dendritic.hpp"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <random>

#include "learning/update.hpp"
#include "plain_equations.hpp"
#include "plain_error_norms.hpp"

namespace chandelier {
namespace {

using plain::MatrixD;

constexpr Index kUnits = 12, kBatch = 7;

Matrix random_units(Index rows, Index columns, std::mt19937& random, double low, double high) {
  return plain::random_matrix(rows, columns, random, low, high).cast<Real>();
}

/// One rule and the updates of its parameters.
struct Learning {
  explicit Learning(std::unique_ptr<ErrorNormalization> made,
                    const UpdateSettings& settings = {.rates = {{"lr_error", 0.3}}})
      : rule(std::move(made)) {
    for (const Parameter& parameter : rule->parameters())
      if (!parameter.is_fixed()) updates.emplace_back(&parameter, Update(parameter, settings));
  }

  void step(const Matrix& z, const Matrix& g) {
    rule->learn(view(z), view(g));
    for (const LearningSignal& signal : rule->learning_signals())
      for (auto& [parameter, update] : updates)
        if (parameter == signal.parameter) update.step(signal);
  }

  MatrixD weights(const char* name) const { return rule->parameter(name).value().cast<double>(); }

  std::unique_ptr<ErrorNormalization> rule;
  std::vector<std::pair<const Parameter*, Update>> updates;
};

TEST(Dendritic, LearnsByItsEquations) {
  for (const Index interneurons : {1, 3}) {
    Learning learning(error_dendritic_burst(kUnits, interneurons, kBatch, 5, 1));
    std::mt19937 random(1);
    const MatrixD Ue = learning.weights("Ue");
    MatrixD Ve = MatrixD::Zero(kUnits, interneurons), v = MatrixD::Zero(kUnits, 1);
    double rho = 0, kappa = 0;
    for (int step = 0; step < 4; ++step) {
      const Index B = step == 2 ? 3 : kBatch;
      const Matrix z = random_units(kUnits, B, random, -1, 2), g = random_units(kUnits, B, random, -0.02, 0.03);
      const MatrixD G = g.cast<double>().transpose(), h = z.cast<double>().transpose().cwiseMax(0);  // [B x n]
      const MatrixD r = G * Ue.transpose();
      const Eigen::VectorXd q = h.cwiseProduct(G).rowwise().mean();
      MatrixD c = G - r * Ve.transpose();
      for (Index b = 0; b < B; ++b) c.row(b) -= q[b] * v.col(0).transpose().cwiseProduct(h.row(b));
      const double of_r = r.squaredNorm() / double(B), of_q = q.squaredNorm() / double(B);
      rho = step == 0 ? of_r : 0.99 * rho + 0.01 * of_r;
      kappa = step == 0 ? of_q : 0.99 * kappa + 0.01 * of_q;
      Ve = (Ve + 0.3 * c.transpose() * r / (double(B) * rho)).cwiseMax(0);
      for (Index j = 0; j < kUnits; ++j)
        v(j, 0) = std::max(0.0, v(j, 0) + 0.3 * (c.col(j).array() * h.col(j).array() * q.array()).mean() / kappa);

      learning.step(z, g);
      plain::expect_close(learning.weights("Ve"), Ve, "Ve", 2e-5);
      plain::expect_close(learning.weights("burst"), v, "burst", 2e-5);
    }
    EXPECT_GT(Ve.maxCoeff(), 0);
    EXPECT_GT(v.maxCoeff(), 0);
  }
}

TEST(Dendritic, IsNoneBeforeItLearns) {
  std::mt19937 random(2);
  const Matrix z = random_units(kUnits, kBatch, random, -1, 2), g = random_units(kUnits, kBatch, random, -1, 1);
  Matrix c(kUnits, kBatch);
  for (const auto& rule : {error_dendritic(kUnits, 4, kBatch, 5, 1), error_dendritic_burst(kUnits, 1, kBatch, 5, 1)}) {
    rule->apply(view(z), view(g), {c.data(), c.rows(), c.cols()});
    EXPECT_EQ(c, g);
  }
}

TEST(Dendritic, InterneuronsReadAWeightedMean) {
  EXPECT_TRUE((error_dendritic(kUnits, 1, kBatch, 5, 1)->parameter("Ue").value().array() == Real(1) / kUnits).all());
  const auto rule = error_dendritic(400, 3, kBatch, 5, 1);
  const MatrixD Ue = rule->parameter("Ue").value().cast<double>();
  EXPECT_GT(Ue.minCoeff(), 0);
  EXPECT_LT((Ue.rowwise().sum().array() - 1).abs().maxCoeff(), 1e-5);
  const Eigen::ArrayXd logarithms = Ue.row(0).array().log().transpose();
  EXPECT_NEAR(std::sqrt((logarithms - logarithms.mean()).square().mean()), 0.83, 0.1);
  EXPECT_NE(Ue.row(0), Ue.row(1));
  EXPECT_EQ(Ue, error_dendritic(400, 3, kBatch, 5, 1)->parameter("Ue").value().cast<double>());
  EXPECT_NE(Ue, error_dendritic(400, 3, kBatch, 5, 0)->parameter("Ue").value().cast<double>());
  EXPECT_NE(Ue, error_dendritic(400, 3, kBatch, 6, 1)->parameter("Ue").value().cast<double>());
}

TEST(Dendritic, NoErrorTeachesNothing) {
  Learning learning(error_dendritic_burst(kUnits, 2, kBatch, 5, 1));
  std::mt19937 random(3);
  learning.step(random_units(kUnits, kBatch, random, -1, 2), Matrix::Zero(kUnits, kBatch));
  EXPECT_TRUE((learning.weights("Ve").array() == 0).all());
  EXPECT_TRUE((learning.weights("burst").array() == 0).all());
}

TEST(Dendritic, ObeysDalesLawWhateverTheErrorsAre) {
  Learning learning(error_dendritic_burst(kUnits, 3, kBatch, 5, 1), {.rates = {{"lr_error", 5.0}}});
  std::mt19937 random(4);
  for (int step = 0; step < 200; ++step) {
    learning.step(random_units(kUnits, kBatch, random, -3, 3), random_units(kUnits, kBatch, random, -1, 1));
    ASSERT_GE(learning.weights("Ve").minCoeff(), 0);
    ASSERT_GE(learning.weights("burst").minCoeff(), 0);
  }
  EXPECT_GT(learning.weights("Ve").maxCoeff(), 0);
}

TEST(Dendritic, HasNoMomentumAndIsNeverExponentiated) {
  const UpdateSettings others{.rates = {{"lr_error", 0.3}},
                              .momentum = 0.9,
                              .momentum_inhibitory = 0.9,
                              .weight_decay = 0.5,
                              .exponentiated = true};
  Learning plain_descent(error_dendritic_burst(kUnits, 2, kBatch, 5, 1));
  Learning other(error_dendritic_burst(kUnits, 2, kBatch, 5, 1), others);
  std::mt19937 random(5);
  for (int step = 0; step < 3; ++step) {
    const Matrix z = random_units(kUnits, kBatch, random, -1, 2), g = random_units(kUnits, kBatch, random, -1, 2);
    plain_descent.step(z, g);
    other.step(z, g);
  }
  EXPECT_GT(other.weights("Ve").maxCoeff(), 0);
  EXPECT_EQ(plain_descent.weights("Ve"), other.weights("Ve"));
  EXPECT_EQ(plain_descent.weights("burst"), other.weights("burst"));
}

/// Ve converges to C Ue^T (Ue C Ue^T)^-1, C = <g g^T>, and then removes the mean over units from every sample's error.
TEST(Dendritic, SettlesAtTheClosedForm) {
  constexpr Index kFew = 6, kMany = 64;
  std::mt19937 random(6);
  // Errors have a common part, so that every weight of the closed form is well above 0.
  const MatrixD mixing = plain::random_matrix(kFew, kFew, random, 0, 1) + MatrixD::Constant(kFew, kFew, 0.5);
  std::normal_distribution<double> normal;
  const MatrixD samples = mixing * MatrixD::NullaryExpr(kFew, kMany, [&] { return normal(random); });
  const MatrixD C = samples * samples.transpose() / double(kMany);
  Learning learning(error_dendritic(kFew, 1, kMany, 5, 1), {.rates = {{"lr_error", 0.1}}});
  const Matrix g = samples.cast<Real>(), z = Matrix::Zero(kFew, kMany);
  for (int step = 0; step < 600; ++step) learning.step(z, g);
  const MatrixD Ue = learning.weights("Ue");
  const MatrixD closed_form = C * Ue.transpose() * (Ue * C * Ue.transpose()).inverse();
  ASSERT_GT(closed_form.minCoeff(), 0);
  plain::expect_close(learning.weights("Ve"), closed_form, "Ve", 1e-4);
  Matrix c(kFew, kMany);
  learning.rule->apply(view(z), view(g), {c.data(), c.rows(), c.cols()});
  EXPECT_LT(c.cast<double>().colwise().mean().cwiseAbs().maxCoeff(), 1e-4 * g.cast<double>().cwiseAbs().maxCoeff());
}

}  // namespace
}  // namespace chandelier

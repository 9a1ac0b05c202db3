#include "plain_equations.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace chandelier::plain {

MatrixD by_sample(ConstMatrixView a) { return a.transpose().cast<double>(); }
MatrixD values(ConstMatrixView a) { return a.cast<double>(); }

MatrixD each_sample(const MatrixD& a, const std::function<Units(const Units&)>& f) {
  MatrixD out(a.rows(), a.cols());
  for (Index b = 0; b < a.rows(); ++b) out.row(b) = f(Units(a.row(b))).matrix().transpose();
  return out;
}
MatrixD each_sample(const MatrixD& a, const MatrixD& c, const std::function<Units(const Units&, const Units&)>& f) {
  MatrixD out(a.rows(), a.cols());
  for (Index b = 0; b < a.rows(); ++b) out.row(b) = f(Units(a.row(b)), Units(c.row(b))).matrix().transpose();
  return out;
}
double mean_of_samples(const MatrixD& a, const std::function<double(const Units&)>& f) {
  double sum = 0;
  for (Index b = 0; b < a.rows(); ++b) sum += f(Units(a.row(b)));
  return sum / static_cast<double>(a.rows());
}

Units activity_norm(const std::string& name, const Units& z) {
  if (name == "mean") return z - mean(z);
  if (name == "variance") return z / sd(z);
  if (name == "layer") return (z - mean(z)) / sd(z);
  return z;
}

Units through_jacobian(const std::string& name, const Units& g, const Units& z) {
  const Index n = z.size();
  const double share = 1.0 / static_cast<double>(n), m = mean(z), s = sd(z);
  MatrixD jacobian(n, n);  // dy_i / dz_j
  for (Index i = 0; i < n; ++i)
    for (Index j = 0; j < n; ++j) {
      const double same = i == j ? 1 : 0, ds = (z[j] - m) * share / s;  // dsd / dz_j
      double d = same;
      if (name == "mean") d = same - share;
      if (name == "variance") d = same / s - z[i] * ds / (s * s);
      if (name == "layer") d = (same - share) / s - (z[i] - m) * ds / (s * s);
      jacobian(i, j) = d;
    }
  return (jacobian.transpose() * g.matrix()).array();
}

Units error_part(const std::string& part, const Units& g, const Units& N) {
  const double of_g = g.matrix().norm(), of_N = N.matrix().norm();
  if (part == "whole") return N;
  if (of_g == 0 || of_N == 0) return Units::Zero(g.size());
  return part == "direction" ? Units(N * (of_g / of_N)) : Units(g * (of_N / of_g));
}

Weights weights_of(const Circuit& circuit) {
  const auto get = [&](const char* name) {
    return circuit.has(name) ? values(circuit.parameter(name).value()) : MatrixD();
  };
  return {get("Wex"), get("Wix"), get("Wei"), get("Bix"), get("bias")};
}

Activity forward(const std::string& circuit, const Weights& w, const MatrixD& X) {
  Activity a;
  const auto n = static_cast<double>(w.Wex.rows());
  a.e = X * w.Wex.transpose() + MatrixD::Ones(X.rows(), 1) * w.b.transpose();
  a.s = circuit == "e" ? MatrixD::Zero(X.rows(), w.Wex.rows()).eval()
                       : MatrixD(X * w.Wix.transpose() * w.Wei.transpose());
  a.d = Units::Ones(X.rows());
  if (circuit == "inorm") a.d = ((X * w.Bix.transpose()).array().square().rowwise().sum() / n + kTau).sqrt();
  a.z = a.e - a.s;
  for (Index b = 0; b < a.z.rows(); ++b) a.z.row(b) /= a.d[b];
  return a;
}

Gradients backward(const std::string& circuit, const Weights& w, const MatrixD& X, const Activity& a,
                   const MatrixD& normalized_error, double lambda, bool error_divide) {
  const Index B = X.rows();
  const double share = 1.0 / static_cast<double>(w.Wex.rows()), per_sample = lambda / static_cast<double>(B);
  Gradients g;
  g.delta = normalized_error;
  if (circuit == "inorm" && error_divide)
    for (Index b = 0; b < B; ++b) g.delta.row(b) /= a.d[b];
  const MatrixD G = g.delta.transpose() * X;
  g.of.Wex = G;
  g.of.b = g.delta.colwise().sum().transpose();
  g.below = g.delta * w.Wex;
  if (circuit == "ei") {
    g.of.Wei = -G * w.Wix.transpose();
    g.of.Wix = -w.Wei.transpose() * G;
    g.below = g.delta * (w.Wex - w.Wei * w.Wix);
  }
  if (circuit == "inorm-sub") {
    const MatrixD du = each_sample(
        a.z, [&](const Units& z) -> Units { return Units::Constant(z.size(), per_sample * 2 * mean(z) * share); });
    g.of.Wix = -(du * w.Wei).transpose() * X;
    g.of.Wei = -du.transpose() * (X * w.Wix.transpose());
  }
  if (circuit == "inorm") {
    const MatrixD du = each_sample(a.z, [&](const Units& u) -> Units {
      return per_sample * (2 * mean(u) * share + 4 * (variance(u) - 1) * (u - mean(u)) * share);
    });
    MatrixD ds = -du, dp = X * w.Bix.transpose();
    for (Index b = 0; b < B; ++b) {
      ds.row(b) /= a.d[b];
      const double dq = -du.row(b).dot(a.z.row(b)) / (2 * a.d[b] * a.d[b]);
      dp.row(b) *= 2 * dq * share;
    }
    g.of.Wix = (ds * w.Wei).transpose() * X;
    g.of.Bix = dp.transpose() * X;
  }
  return g;
}

double homeostatic_loss(const std::string& circuit, const MatrixD& z, double lambda) {
  return lambda * mean_of_samples(z, [&](const Units& u) {
           const double m = mean(u), v = variance(u) - 1;
           return circuit == "inorm" ? m * m + v * v : m * m;
         });
}

MatrixD task_error(const MatrixD& logits, const std::vector<std::uint8_t>& labels, double smoothing) {
  MatrixD error(logits.rows(), logits.cols());
  for (Index b = 0; b < logits.rows(); ++b) {
    Units softmax = (Units(logits.row(b)) - logits.row(b).maxCoeff()).exp();
    softmax /= softmax.sum();
    Units target = Units::Constant(logits.cols(), smoothing / static_cast<double>(logits.cols()));
    target[labels[static_cast<std::size_t>(b)]] += 1 - smoothing;
    error.row(b) = ((softmax - target) / static_cast<double>(logits.rows())).matrix().transpose();
  }
  return error;
}

void expect_close(const MatrixD& actual, const MatrixD& expected, const std::string& what, double relative) {
  ASSERT_EQ(actual.rows(), expected.rows()) << what;
  ASSERT_EQ(actual.cols(), expected.cols()) << what;
  if (expected.size() == 0) return;
  ASSERT_TRUE(expected.allFinite()) << what << ": the expected values are not numbers";
  EXPECT_TRUE(actual.allFinite()) << what;
  EXPECT_LE((actual - expected).cwiseAbs().maxCoeff(), relative * expected.cwiseAbs().maxCoeff() + 1e-12) << what;
}

MatrixD random_matrix(Index rows, Index cols, std::mt19937& random, double low, double high) {
  std::uniform_real_distribution<double> draw(low, high);
  return MatrixD::NullaryExpr(rows, cols, [&] { return draw(random); });
}

void randomize(Circuit& circuit, std::mt19937& random) {
  for (Parameter& parameter : circuit.parameters()) {
    const bool positive_only = parameter.sign() == Sign::non_negative;
    const MatrixD drawn = random_matrix(parameter.rows(), parameter.cols(), random, positive_only ? 0 : -0.5, 0.5);
    parameter.change([&](MatrixView w) { w = drawn.cast<Real>(); });
  }
}

std::vector<std::uint8_t> random_labels(Index count, int classes, std::mt19937& random) {
  std::uniform_int_distribution<int> draw(0, classes - 1);
  std::vector<std::uint8_t> labels;
  for (Index b = 0; b < count; ++b) labels.push_back(static_cast<std::uint8_t>(draw(random)));
  return labels;
}

}  // namespace chandelier::plain

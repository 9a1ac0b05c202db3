// Initial weights: their distributions, and that inhibition initially normalizes exactly.

#include "circuits/initialization.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <memory>
#include <random>
#include <string>

#include "plain_equations.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

using plain::MatrixD;
using plain::Units;
using plain::Weights;
using Distribution = ExcitatoryDistribution;

std::unique_ptr<Circuit> started(std::string_view name, const LayerSize& size,
                                 Distribution distribution = Distribution::lognormal, std::uint64_t seed = 1,
                                 std::uint32_t layer = 0) {
  auto circuit = make_circuit({.circuit = std::string(name)}, size);
  initialize(*circuit, distribution, seed, layer);
  return circuit;
}

double spread_of(Index n, Index k) {
  return std::sqrt(2.0 * static_cast<double>(n) / static_cast<double>(k * (n - 1)));
}

TEST(Initialization, ExcitatoryWeightsHaveMeanAndSpreadS) {
  for (const auto distribution : {Distribution::lognormal, Distribution::exponential})
    for (const auto& [n, k] : {std::pair<Index, Index>{500, 784}, {100, 784}, {1000, 100}}) {
      const MatrixD Wex = plain::weights_of(*started("e", {k, n, 0, 1}, distribution)).Wex;
      const double s = spread_of(n, k);
      const Units all = Wex.reshaped().array();
      EXPECT_GT(all.minCoeff(), 0);
      EXPECT_NEAR(plain::mean(all) / s, 1, 0.015);
      EXPECT_NEAR(std::sqrt(plain::variance(all)) / s, 1, 0.04);
      // The shape: the median is s/sqrt(2) for a lognormal and s ln 2 for an exponential; the tail beyond 4 s is
      // 1 - Phi(...) or e^-4.
      const double median = distribution == Distribution::lognormal ? std::sqrt(0.5) : std::log(2.0);
      EXPECT_NEAR((all < median * s).cast<double>().mean(), 0.5, 0.01);
      const double sigma = std::sqrt(std::log(2.0));
      const double tail = distribution == Distribution::lognormal
                              ? 0.5 * std::erfc((std::log(4.0) + sigma * sigma / 2) / sigma / std::sqrt(2.0))
                              : std::exp(-4.0);
      EXPECT_NEAR((all > 4 * s).cast<double>().mean() / tail, 1, 0.08);
    }
}

TEST(Initialization, InhibitoryWeightsCentreTheDrive) {
  for (const auto distribution : {Distribution::lognormal, Distribution::exponential})
    for (const std::string_view name : {"ei", "inorm", "inorm-sub"}) {
      const Weights w = plain::weights_of(*started(name, {50, 40, 4, 1}, distribution));
      EXPECT_LE((w.Wei.rowwise().sum().array() - 1).abs().maxCoeff(), 1e-6) << name;
      EXPECT_GT(w.Wei.minCoeff(), 0);
      EXPECT_GT((w.Wei.row(0) - w.Wei.row(1)).norm(), 0.01);
      const Eigen::RowVectorXd mean_row = w.Wex.colwise().mean();
      for (Index i = 0; i < 4; ++i) EXPECT_LE((w.Wix.row(i) - mean_row).cwiseAbs().maxCoeff(), 1e-7) << name;
      EXPECT_EQ(w.b.norm(), 0);
    }
}

/// Before its rows are divided by their sums, Wei has the distribution of Wex. Ratios of entries of a row show it.
TEST(Initialization, InhibitoryWeightsComeFromTheSameDistribution) {
  for (const auto distribution : {Distribution::lognormal, Distribution::exponential}) {
    const MatrixD Wei = plain::weights_of(*started("ei", {20, 20000, 2, 1}, distribution)).Wei;
    const Units log_ratio = (Wei.col(0).array() / Wei.col(1).array()).log();
    // two normals of variance ln 2; the logarithms of two exponentials have variance pi^2/6 each
    const double expected = distribution == Distribution::lognormal ? 2 * std::log(2.0) : 3.289868;
    EXPECT_NEAR(plain::mean(log_ratio), 0, 0.06);
    EXPECT_NEAR(plain::variance(log_ratio) / expected, 1, 0.06);
  }
}

TEST(Initialization, DivisiveWeightsHoldTheCentredDrive) {
  for (const auto distribution : {Distribution::lognormal, Distribution::exponential})
    for (const Index n : {2, 12, 20, 21, 33}) {
      const Index k = 20;
      const Weights w = plain::weights_of(*started("inorm", {k, n, inhibitory_units(n, 0.1), 1}, distribution));
      ASSERT_EQ(w.Bix.rows(), std::min(n, k));
      const MatrixD W0 = w.Wex - w.Wei * w.Wix;
      plain::expect_close(w.Bix.transpose() * w.Bix, W0.transpose() * W0, fmt::format("n {}", n), 1e-5);
      // diag(S) V^T has orthogonal rows, the largest first
      const MatrixD gram = w.Bix * w.Bix.transpose();
      const MatrixD diagonal = gram.diagonal().asDiagonal();
      EXPECT_LE((gram - diagonal).cwiseAbs().maxCoeff(), 1e-5 * gram.maxCoeff());
      for (Index i = 1; i < gram.rows(); ++i) EXPECT_LE(gram(i, i), gram(i - 1, i - 1) * (1 + 1e-6) + 1e-9);
    }
}

/// Non-negative images of several kinds, [B x k].
MatrixD any_images(Index B, Index k, std::mt19937& random) {
  const int kind = *rc::gen::inRange(0, 5);
  const double level = *rc::gen::inRange(0, 101) / 100.0;
  MatrixD X = plain::random_matrix(B, k, random, 0, 1);
  if (kind == 1) X = (level + 1e-3 * X.array()).matrix();        // nearly constant
  if (kind == 2) X *= std::pow(10.0, -*rc::gen::inRange(2, 9));  // tiny
  if (kind == 3) X = (X.array() > 0.9).select(X, 0);             // sparse
  if (kind == 4) X.setConstant(level);                           // constant, black included
  return X.cast<float>().cast<double>();
}

TEST(Initialization, INormNormalizesAnyInput) {
  EXPECT_TRUE(rc::check("mean 0 and variance q/(q + tau)", [](unsigned seed) {
    std::mt19937 random(seed);
    const Index k = *rc::gen::inRange(2, 50);
    const Index n = *rc::gen::oneOf(rc::gen::inRange<Index>(2, 60), rc::gen::just(k));
    const auto distribution = *rc::gen::element(Distribution::lognormal, Distribution::exponential);
    const auto circuit = started("inorm", {k, n, inhibitory_units(n, 0.1), 4}, distribution, seed);
    const Weights w = plain::weights_of(*circuit);
    const MatrixD images = any_images(4, k, random), W0 = w.Wex - w.Wei * w.Wix;
    const Matrix X = images.cast<Real>(), Xt = X.transpose();
    const MatrixD z = plain::by_sample(circuit->forward({view(X), view(Xt)}));
    for (Index b = 0; b < 4; ++b) {
      const double q = plain::variance((W0 * images.row(b).transpose()).array());
      RC_ASSERT(std::abs(plain::mean(z.row(b))) < 1e-3);
      RC_ASSERT(std::abs(plain::variance(z.row(b)) - q / (q + plain::kTau)) < 1e-3);
    }
  }));
}

TEST(Initialization, INormNormalizesAtFullSize) {
  std::mt19937 random(4);
  for (const Index n : {100, 784, 900}) {
    const Index k = 784;
    const auto circuit = started("inorm", {k, n, inhibitory_units(n, 0.1), 8});
    const Matrix X = plain::random_matrix(8, k, random, 0, 1).cast<Real>(), Xt = X.transpose();
    const MatrixD z = plain::by_sample(circuit->forward({view(X), view(Xt)}));
    for (Index b = 0; b < 8; ++b) {
      EXPECT_NEAR(plain::mean(z.row(b)), 0, 1e-3) << n;
      EXPECT_NEAR(plain::variance(z.row(b)), 1, 1e-3) << n;
    }
  }
}

TEST(Initialization, SubtractionCentresAnyInput) {
  EXPECT_TRUE(rc::check("mean 0", [](unsigned seed) {
    std::mt19937 random(seed);
    const Index k = *rc::gen::inRange(2, 50), n = *rc::gen::inRange(2, 60);
    const auto name = *rc::gen::element<std::string>("inorm-sub", "ei");
    const auto circuit = started(name, {k, n, inhibitory_units(n, 0.1), 4}, Distribution::lognormal, seed);
    const Matrix X = any_images(4, k, random).cast<Real>(), Xt = X.transpose();
    const MatrixD z = plain::by_sample(circuit->forward({view(X), view(Xt)}));
    for (Index b = 0; b < 4; ++b) RC_ASSERT(std::abs(plain::mean(z.row(b))) < 2e-5);
  }));
}

TEST(Initialization, SameSeedSameExcitationInEveryCircuit) {
  const auto network = [](const char* circuit, std::uint64_t seed) {
    Settings settings;
    settings.circuit = circuit;
    settings.error_norm = "none";
    settings.width = {14, 9};
    settings.classes = 4;
    settings.seed = seed;
    return initial_network(settings, 11, 2);
  };
  const Network reference = network("e", 5), other = network("e", 6);
  for (const char* circuit : {"ei", "inorm", "inorm-sub"}) {
    const Network same = network(circuit, 5);
    for (std::size_t layer = 0; layer < 3; ++layer)
      for (const char* name : {"Wex", "Wix", "Wei"})
        if (reference.circuit(layer).has(name)) {
          EXPECT_EQ(same.circuit(layer).parameter(name).value(), reference.circuit(layer).parameter(name).value())
              << circuit << " " << name;
        }
  }
  for (std::size_t layer = 0; layer < 3; ++layer)
    EXPECT_NE(other.circuit(layer).parameter("Wex").value(), reference.circuit(layer).parameter("Wex").value());
}

TEST(Initialization, LayersAndUnitsAreDrawnApart) {
  const MatrixD first = plain::weights_of(*started("ei", {30, 20, 2, 1}, Distribution::lognormal, 1, 0)).Wex;
  const MatrixD second = plain::weights_of(*started("ei", {30, 20, 2, 1}, Distribution::lognormal, 1, 1)).Wex;
  EXPECT_GT((first - second).norm(), 0.1 * first.norm());
  EXPECT_GT((first.row(0) - first.row(1)).norm(), 0.1 * first.row(0).norm());
}

TEST(Initialization, DistributionIsThatOfTheSettings) {
  Settings settings;
  settings.circuit = "e";
  settings.error_norm = "own";
  settings.width = {200};
  const double s = spread_of(200, 300);
  for (const char* name : {"lognormal", "exponential"}) {
    settings.initialization = name;
    const Units Wex = plain::weights_of(initial_network(settings, 300, 1).circuit(0)).Wex.reshaped().array();
    const double below = (Wex < 0.1 * s).cast<double>().mean();  // 1 - e^-0.1, or almost none
    if (settings.initialization == "exponential")
      EXPECT_NEAR(below, 0.0952, 0.01);
    else
      EXPECT_LT(below, 0.02);
  }
}

TEST(Initialization, InhibitoryUnitsAreATenth) {
  for (const auto& [n, m] : {std::pair<Index, Index>{2, 1},
                             {9, 1},
                             {10, 1},
                             {19, 1},
                             {20, 2},
                             {30, 3},
                             {70, 7},
                             {99, 9},
                             {100, 10},
                             {499, 49},
                             {500, 50}})
    EXPECT_EQ(inhibitory_units(n, 0.1), m) << n;
  for (Index n = 10; n < 5000; n += 10) EXPECT_EQ(inhibitory_units(n, 0.1), n / 10);
  EXPECT_EQ(inhibitory_units(100, 0.29), 29);
  EXPECT_EQ(inhibitory_units(7, 1.0), 7);
  EXPECT_EQ(inhibitory_units(10, 0.001), 1);
}

}  // namespace
}  // namespace chandelier

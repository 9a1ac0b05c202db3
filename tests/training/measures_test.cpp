// The measures of hidden layers, compared with their definitions, for which every gradient is formed.

#include "training/measures.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "plain_equations.hpp"
#include "plain_error_norms.hpp"
#include "training/measure_table.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

using plain::each_sample;
using plain::MatrixD;
using plain::Units;

constexpr Index kPixels = 13, kCapacity = 8;

struct Config {
  std::string circuit, activity_norm, error_norm;
  std::string error_part = "whole";
  bool error_divide = true;

  std::string text() const {
    return fmt::format("{} {} {} {} {}", circuit, activity_norm, error_norm, error_part, error_divide);
  }
  Settings settings() const {
    Settings s;
    s.circuit = circuit;
    s.activity_norm = activity_norm;
    s.error_norm = error_norm;
    s.error_part = error_part;
    s.error_divide = error_divide ? "sample" : "off";
    s.width = {17, 9};
    s.classes = 5;
    s.inhibitory_fraction = 0.2;
    s.lambda = 0.3;
    return s;
  }
};

/// All combinations that the settings allow, with every error_part, and with and without division of I-Norm's error.
std::vector<Config> all_configs() {
  std::vector<Config> configs;
  for (const std::string_view circuit : circuit_names())
    for (const std::string_view activity : activity_norm_names())
      for (const std::string_view error : error_norm_names())
        for (const std::string_view part : error_part_names()) {
          const bool computed = circuit == "e" || circuit == "ei";
          if (!computed && (activity != "none" || error == "own")) continue;
          configs.push_back({std::string(circuit), std::string(activity), std::string(error), std::string(part)});
          if (circuit == "inorm") {
            configs.push_back(configs.back());
            configs.back().error_divide = false;
          }
        }
  return configs;
}

/// A network away from its initialization, some batches, and the values that the definitions give for each.
struct Watched {
  Config config;
  Settings settings = config.settings();
  Network network = initial_network(settings, kPixels, kCapacity);
  Measures measures{settings, network, {known_measure_names().begin(), known_measure_names().end()}, kCapacity};
  std::vector<Matrix> images;
  std::vector<std::vector<std::uint8_t>> labels;

  explicit Watched(Config c, const std::vector<Index>& batches = {8, 8, 5}) : config(std::move(c)) {
    std::mt19937 random(5);
    for (std::size_t layer = 0; layer < network.layers(); ++layer)
      for (Parameter& parameter : network.circuit(layer).parameters()) {
        // With excitation alone, no unit would be silent.
        const double low = config.circuit == "e" && parameter.name() == "bias" ? -5 : -0.15;
        const MatrixD change = plain::random_matrix(parameter.rows(), parameter.cols(), random, low, 0.15);
        parameter.change([&](MatrixView w) { w += change.cast<Real>(); });  // some become 0
      }
    for (const Index B : batches) {
      images.push_back(plain::random_matrix(B, kPixels, random, 0, 1).cast<Real>());
      labels.push_back(plain::random_labels(B, 5, random));
    }
  }

  std::map<std::string, double> measured() {
    measures.begin();
    for (std::size_t i = 0; i < images.size(); ++i) {
      network.forward(view(images[i]));
      network.backward(labels[i]);
      measures.observe(network, labels[i]);
    }
    std::map<std::string, double> named;
    const auto columns = measures.columns();
    const auto values = measures.values();
    EXPECT_EQ(columns.size(), values.size());
    for (std::size_t i = 0; i < columns.size(); ++i) named[columns[i]] = values[i];
    return named;
  }
};

struct Pass {
  std::vector<MatrixD> X;                 ///< input of each layer, then the last output
  std::vector<plain::Activity> activity;  ///< of each layer
  std::vector<MatrixD> y;                 ///< normalized, before rectification
  std::vector<MatrixD> g;                 ///< error at y, of hidden layers
  std::vector<plain::Gradients> gradients;
};

/// One batch forward and backward in double.
Pass pass(const Config& c, const std::vector<plain::Weights>& w, const std::vector<plain::RuleWeights>& of_rules,
          const Matrix& images, const std::vector<std::uint8_t>& labels, const Settings& settings) {
  Pass p;
  p.X.push_back(images.cast<double>());
  for (std::size_t layer = 0; layer < 3; ++layer) {
    p.activity.push_back(plain::forward(layer < 2 ? c.circuit : "ei", w[layer], p.X[layer]));
    p.y.push_back(each_sample(p.activity[layer].z, [&](const Units& z) -> Units {
      return layer < 2 ? plain::activity_norm(c.activity_norm, z) : z;
    }));
    p.X.push_back(p.y[layer].cwiseMax(0.0));
  }
  p.g.resize(2);
  p.gradients.resize(3);
  MatrixD error = plain::task_error(p.activity[2].z, labels, settings.label_smoothing);
  for (std::size_t layer = 3; layer-- > 0;) {
    if (layer < 2) {
      p.g[layer] = each_sample(error, p.y[layer],
                               [](const Units& h, const Units& y) -> Units { return h * plain::positive(y); });
      for (Index b = 0; b < error.rows(); ++b) {
        const Units g = p.g[layer].row(b), z = p.activity[layer].z.row(b), y = p.y[layer].row(b);
        const Units N = c.error_norm == "own" ? plain::through_jacobian(c.activity_norm, g, z)
                                              : plain::error_norm(c.error_norm).of(g, y, of_rules[layer]);
        error.row(b) = plain::error_part(c.error_part, g, N).matrix().transpose();
      }
    }
    p.gradients[layer] = plain::backward(layer < 2 ? c.circuit : "ei", w[layer], p.X[layer], p.activity[layer], error,
                                         settings.lambda, c.error_divide);
    error = p.gradients[layer].below;
  }
  return p;
}

/// [n x k] from a [B x n] error
MatrixD gradient(const MatrixD& error, const MatrixD& X) { return error.transpose() * X; }

double gradient_alignment(const Config& c, const plain::Activity& a, const MatrixD& X,
                          const plain::RuleWeights& of_rule) {
  MatrixD of_layer_norm = a.z, of_this = a.z;
  const bool inhibition_normalizes = c.circuit == "inorm" || c.circuit == "inorm-sub";
  for (Index b = 0; b < a.z.rows(); ++b) {
    const Units z = a.z.row(b), active = plain::positive(z);
    const bool aims_at_centring = c.error_norm == "lateral" || c.error_norm == "dendritic";
    const Units aim = aims_at_centring ? Units(active - plain::mean(active))
                                       : plain::through_jacobian("layer", plain::positive(plain::layer_norm(z)), z);
    const Units own = inhibition_normalizes ? plain::error_part(c.error_part, active,
                                                                plain::error_norm(c.error_norm).of(active, z, of_rule))
                                            : active;
    of_layer_norm.row(b) = (aim / a.d[b]).matrix().transpose();  // d is 1 where nothing divides
    of_this.row(b) = (own / a.d[b]).matrix().transpose();
  }
  return plain::cosine(gradient(of_layer_norm, X), gradient(of_this, X));
}

double largest_eigenvalue(const MatrixD& g) {
  const Eigen::RowVectorXd middle = g.colwise().mean();
  MatrixD covariance = MatrixD::Zero(g.cols(), g.cols());
  for (Index b = 0; b < g.rows(); ++b)
    covariance += (g.row(b) - middle).transpose() * (g.row(b) - middle) / static_cast<double>(g.rows() - 1);
  return Eigen::SelfAdjointEigenSolver<MatrixD>(covariance).eigenvalues().maxCoeff();
}

/// The q-quantile of the values, interpolated.
double quantile(std::vector<double> values, double q) {
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1), below = std::floor(place);
  const double low = values[static_cast<std::size_t>(below)], high = values[static_cast<std::size_t>(std::ceil(place))];
  return low + (place - below) * (high - low);
}

/// Every measure of every layer by its definition.
std::map<std::string, double> defined(Watched& watched) {
  const Config& c = watched.config;
  Network& network = watched.network;
  std::vector<plain::Weights> w;
  std::vector<plain::RuleWeights> of_rules;
  for (std::size_t layer = 0; layer < 3; ++layer) w.push_back(plain::weights_of(network.circuit(layer)));
  for (HiddenLayer& layer : network.hidden()) of_rules.push_back(plain::weights_of_rule(layer.error_norm()));
  // The same weights with exact layer normalization: of the excitatory drive, or of E-I's.
  const Config twin_config{c.circuit == "ei" ? "ei" : "e", "layer", "own"};

  std::map<std::string, double> expected;
  for (std::size_t layer = 0; layer < 2; ++layer) {
    const auto name = [&](const char* measure) { return fmt::format("hidden{}.{}", layer, measure); };
    std::vector<double> divisors;
    Units ever = Units::Zero(w[layer].Wex.rows());
    const auto batches = static_cast<double>(watched.images.size());
    for (std::size_t i = 0; i < watched.images.size(); ++i) {
      const Pass p = pass(c, w, of_rules, watched.images[i], watched.labels[i], watched.settings);
      const Pass twin = pass(twin_config, w, of_rules, watched.images[i], watched.labels[i], watched.settings);
      const plain::Activity& a = p.activity[layer];
      const auto add = [&](const char* measure, double value) { expected[name(measure)] += value / batches; };
      add("mean", plain::mean_of_samples(a.z, plain::mean));
      add("variance", plain::mean_of_samples(a.z, plain::variance));
      if (c.circuit == "inorm" || c.circuit == "inorm-sub") {
        add("homeostatic_loss", plain::homeostatic_loss(c.circuit, a.z, watched.settings.lambda));
        const MatrixD aim = each_sample(a.e, [&](const Units& e) -> Units {
          return c.circuit == "inorm" ? plain::layer_norm(e) : Units(e - plain::mean(e));
        });
        add("layer_norm_distance", (a.z - aim).array().square().mean());
      }
      add("output_alignment", plain::cosine(each_sample(a.z, plain::layer_norm).cwiseMax(0.0), a.z.cwiseMax(0.0)));
      add("gradient_alignment", gradient_alignment(c, a, p.X[layer], of_rules[layer]));
      add("error_eigenvalue", largest_eigenvalue(p.g[layer]));
      add("task_gradient_alignment",
          plain::cosine(gradient(p.gradients[layer].delta, p.X[layer]), twin.gradients[layer].of.Wex));
      const double n = static_cast<double>(p.g[layer].cols());
      double uniform = 0;
      for (Index b = 0; b < p.g[layer].rows(); ++b) uniform += n * std::pow(p.g[layer].row(b).mean(), 2);
      add("uniform_share", uniform / p.g[layer].squaredNorm());
      const MatrixD& delta = p.gradients[layer].delta;
      add("uniform_share_delta", n * delta.rowwise().mean().squaredNorm() / delta.squaredNorm());
      double activity_share = 0, gain = 0, with_error = 0;
      for (Index b = 0; b < delta.rows(); ++b) {
        if (p.g[layer].row(b).norm() == 0) continue;
        ++with_error;
        gain += delta.row(b).norm() / p.g[layer].row(b).norm();
        activity_share += std::pow(plain::cosine(delta.row(b), p.y[layer].row(b)), 2);
      }
      add("activity_share_delta", activity_share / with_error);
      add("error_gain", gain / with_error);
      divisors.insert(divisors.end(), a.d.begin(), a.d.end());
      for (Index b = 0; b < a.z.rows(); ++b) ever = ever.max(plain::positive(p.y[layer].row(b)));
    }
    if (c.circuit == "inorm") {
      expected[name("divisor_q05")] = quantile(divisors, 0.05);
      expected[name("divisor_q50")] = quantile(divisors, 0.50);
      expected[name("divisor_q95")] = quantile(divisors, 0.95);
    }
    expected[name("zero_weights")] = (w[layer].Wex.array() == 0).cast<double>().mean();
    expected[name("silent_units")] = 1 - ever.mean();
  }
  return expected;
}

TEST(Measures, AreTheirDefinitions) {
  for (const Config& config : all_configs()) {
    Watched watched(config);
    const auto measured = watched.measured();
    const auto expected = defined(watched);
    ASSERT_EQ(measured.size(), expected.size()) << config.text();
    for (const auto& [name, value] : expected) {
      ASSERT_TRUE(measured.contains(name)) << name;
      ASSERT_TRUE(std::isfinite(value)) << config.text() << " " << name << ": the definition says nothing here";
      EXPECT_NEAR(measured.at(name), value,
                  1e-4 * std::abs(value) + 2e-5 * (name.ends_with("error_eigenvalue") ? 1e-3 : 1))
          << config.text() << " " << name;
    }
    EXPECT_GT(measured.at("hidden0.zero_weights"), 0) << "nothing was at zero";
  }
}

TEST(Measures, AbsentWhereACircuitDoesNotHaveThem) {
  const auto of = [](const char* circuit) {
    Watched watched({circuit, "none", "none"});
    std::set<std::string> names;
    for (const std::string& column : watched.measures.columns()) {
      if (column.starts_with("hidden0.")) names.insert(column.substr(8));
      EXPECT_FALSE(column.starts_with("readout"));
    }
    EXPECT_EQ(watched.measures.columns().size(), 2 * names.size());
    return names;
  };
  std::set<std::string> all(known_measure_names().begin(), known_measure_names().end()), no_division = all;
  for (const char* divisor : {"divisor_q05", "divisor_q50", "divisor_q95"}) no_division.erase(divisor);
  std::set<std::string> computed = no_division;
  computed.erase("homeostatic_loss");
  computed.erase("layer_norm_distance");
  EXPECT_EQ(of("inorm"), all);
  EXPECT_EQ(of("inorm-sub"), no_division);
  EXPECT_EQ(of("e"), computed);
  EXPECT_EQ(of("ei"), computed);
}

TEST(Measures, ExactBackPropagationThroughLayerNormIsItself) {
  for (const char* circuit : {"e", "ei"}) {
    Watched watched({circuit, "layer", "own"});
    const auto measured = watched.measured();
    for (const char* layer : {"hidden0", "hidden1"})
      EXPECT_NEAR(measured.at(std::string(layer) + ".task_gradient_alignment"), 1, 1e-6) << circuit;
    Watched forward_only({circuit, "layer", "none"});
    EXPECT_LT(forward_only.measured().at("hidden0.task_gradient_alignment"), 0.999) << circuit;
  }
}

TEST(Measures, TwinHasTheSizesOfTheNetworkThatItFollows) {
  Watched watched({"ei", "layer", "own"});
  Settings other = watched.settings;  // as if weights and sizes came from a file
  other.inhibitory_fraction = 0.9;
  other.width = {3};
  Measures measures(other, watched.network, std::vector<std::string>{"task_gradient_alignment"}, kCapacity);
  watched.network.forward(view(watched.images[0]));
  watched.network.backward(watched.labels[0]);
  measures.observe(watched.network, watched.labels[0]);
  for (const double value : measures.values()) EXPECT_NEAR(value, 1, 1e-6);
}

TEST(Measures, DivisionByDIsMeasuredAlsoWhereItIsLeftOut) {
  Config config{"inorm", "none", "full"};
  const auto divided = Watched(config).measured();
  config.error_divide = false;
  const auto undivided = Watched(config).measured();
  EXPECT_EQ(divided.at("hidden1.gradient_alignment"), undivided.at("hidden1.gradient_alignment"));
  EXPECT_NE(divided.at("hidden0.error_eigenvalue"), undivided.at("hidden0.error_eigenvalue"));
}

TEST(Measures, SilentUnitsAreThoseNeverActive) {
  Watched watched({"e", "none", "own"});
  watched.network.circuit(0).parameter("bias").change([](MatrixView b) {
    b.setZero();
    b.topRows(4).setConstant(-1000);
  });
  EXPECT_NEAR(watched.measured().at("hidden0.silent_units"), 4.0 / 17, 1e-12);
}

TEST(Measures, OnlyThoseAskedFor) {
  Watched watched({"inorm", "none", "full"});
  const std::vector<std::string> asked{"divisor_q50", "mean"};
  Measures some(watched.settings, watched.network, asked, kCapacity);
  EXPECT_EQ(some.columns(),
            (std::vector<std::string>{"hidden0.mean", "hidden0.divisor_q50", "hidden1.mean", "hidden1.divisor_q50"}));
  for (const double value : some.values()) EXPECT_TRUE(std::isnan(value)) << "nothing was observed";
  const auto all = watched.measured();
  watched.network.forward(view(watched.images[0]));
  watched.network.backward(watched.labels[0]);
  some.observe(watched.network, watched.labels[0]);
  for (const double value : some.values()) EXPECT_TRUE(std::isfinite(value));
  EXPECT_TRUE(Measures(watched.settings, watched.network, {}, kCapacity).empty());
}

TEST(Measures, ObservingDoesNotChangeTheNetwork) {
  for (const char* error_norm : {"lateral", "full"}) {
    Watched watched({"inorm", "none", error_norm, "direction"});
    const auto learn = [&](bool observe) {
      watched.network.forward(view(watched.images[0]));
      watched.network.backward(watched.labels[0]);
      if (observe) watched.measures.observe(watched.network, watched.labels[0]);
      std::vector<MatrixD> gradients;
      for (std::size_t layer = 0; layer < 3; ++layer)
        for (const LearningSignal& signal : watched.network.circuit(layer).learning_signals())
          gradients.push_back(signal.error.cast<double>() * signal.presynaptic.cast<double>());
      return gradients;
    };
    const auto unseen = learn(false), seen = learn(true);
    ASSERT_EQ(unseen.size(), seen.size());
    for (std::size_t i = 0; i < seen.size(); ++i) EXPECT_EQ(unseen[i], seen[i]) << i;
  }
}

TEST(Measures, UndefinedIsNan) {
  Watched one_sample({"inorm", "none", "none"}, {1});
  EXPECT_TRUE(std::isnan(one_sample.measured().at("hidden0.error_eigenvalue")));
  Watched silent({"e", "none", "own"});
  silent.network.circuit(0).parameter("Wex").change([](MatrixView w) { w.setZero(); });
  silent.network.circuit(0).parameter("bias").change([](MatrixView b) { b.setConstant(-1); });
  const auto measured = silent.measured();
  EXPECT_TRUE(std::isnan(measured.at("hidden0.output_alignment")));
  EXPECT_TRUE(std::isnan(measured.at("hidden0.uniform_share")));
  EXPECT_EQ(measured.at("hidden0.silent_units"), 1);
  EXPECT_EQ(measured.at("hidden0.zero_weights"), 1);
}

}  // namespace
}  // namespace chandelier

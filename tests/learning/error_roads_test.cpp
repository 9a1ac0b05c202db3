// Where the normalized error acts, which synapses carry it, and feedback weights (docs/notation.md, section 5).

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "circuits/initialization.hpp"
#include "learning/network.hpp"
#include "learning/optimizer.hpp"
#include "plain_equations.hpp"
#include "small_network.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

using plain::MatrixD;

constexpr Index kBatch = 16;

/// A network after the forward and backward pass of a batch.
struct AfterABatch {
  explicit AfterABatch(const Settings& settings, unsigned seed = 1)
      : network(initial_network(settings, kPixels, kBatch)), optimizer(optimizer_of(network, settings)), random(seed) {
    batch();
  }

  void batch() {
    labels = plain::random_labels(kBatch, kClasses, random);
    images = bright_images(labels, random);
    network.forward(view(images));
    loss = network.backward(labels).loss / kBatch;
  }

  Network network;
  Optimizer optimizer;
  std::mt19937 random;
  Matrix images;
  std::vector<std::uint8_t> labels;
  double loss = 0;
};

MatrixD values(ConstMatrixView m) { return m.cast<double>(); }

MatrixD weights(const Learnable& owner, const char* name) { return values(owner.parameter(name).value()); }

/// N(g) of a layer, [n x B].
MatrixD normalized(const HiddenLayer& layer) {
  Matrix c(layer.error().rows(), layer.error().cols());
  layer.error_norm().apply(layer.y(), layer.error(), {c.data(), c.rows(), c.cols()});
  return c.cast<double>();
}

MatrixD divided(const MatrixD& error, const Eigen::VectorXd& D) {
  return error.array().rowwise() / D.transpose().array();
}

TEST(ErrorRoads, ActOnWhatTheLayerLearnsFromOrOnWhatItTransmits) {
  for (const auto& [circuit, activity_norm] :
       {std::pair{"e", "layer"}, {"ei", "none"}, {"ei", "layer"}, {"inorm", "none"}, {"inorm-sub", "none"}})
    for (const char* acts_on : {"both", "weights", "below"})
      for (const char* divide : {"sample", "mean", "off"}) {
        SCOPED_TRACE(fmt::format("{} {} {} {}", circuit, activity_norm, acts_on, divide));
        Settings settings = small_settings(circuit, activity_norm, "full");
        settings.error_acts_on = acts_on;
        settings.error_divide = divide;
        const AfterABatch after(settings);
        for (const HiddenLayer& layer : after.network.hidden()) {
          Eigen::VectorXd D = Eigen::VectorXd::Ones(kBatch);
          if (const auto d = layer.circuit().divisor()) {
            if (settings.error_divide == "sample") D = d->cast<double>();
            if (settings.error_divide == "mean") D.setConstant(d->cast<double>().mean());
          }
          const MatrixD c = divided(normalized(layer), D), g = divided(values(layer.error()), D);
          plain::expect_close(values(layer.circuit().delta()), settings.error_acts_on == "below" ? g : c, "delta");
          plain::expect_close(values(layer.circuit().below()), settings.error_acts_on == "weights" ? g : c, "below");
          EXPECT_GT((c - g).norm(), 0.05 * g.norm());
        }
        // What arrives below is the transmitted error times the weights of the circuit.
        const Circuit& above = after.network.circuit(1);
        MatrixD W = weights(above, "Wex");
        if (settings.circuit == "ei") W -= weights(above, "Wei") * weights(above, "Wix");
        const HiddenLayer& lowest = after.network.hidden()[0];
        MatrixD arrives = W.transpose() * values(above.below());
        arrives.array() *= (lowest.y().array() > 0).cast<double>();
        plain::expect_close(values(lowest.error()), arrives, "the error below");
      }
}

TEST(ErrorRoads, SubtractiveCentresWhatIsTransmittedAtTheStart) {
  for (const char* circuit : {"inorm", "inorm-sub"})
    for (const char* route : {"subtractive", "all"}) {
      if (std::string(circuit) == "inorm" && std::string(route) == "all") continue;
      Settings settings = small_settings(circuit, "none", "none");
      settings.error_route = route;
      const AfterABatch after(settings);
      const Circuit& above = after.network.circuit(1);
      const MatrixD below = values(above.below());
      const MatrixD centred = below.rowwise() - below.colwise().mean();
      Matrix arrives(above.size().k, kBatch);
      above.error_below({arrives.data(), arrives.rows(), arrives.cols()});
      plain::expect_close(arrives.cast<double>(), weights(above, "Wex").transpose() * centred, circuit, 1e-4);
    }
}

TEST(ErrorRoads, AllAddsWhatGoesThroughDivisiveInhibition) {
  for (const char* acts_on : {"both", "weights", "below"}) {
    Settings settings = small_settings("inorm", "none", "center");
    settings.error_route = "all";
    settings.error_acts_on = acts_on;
    const AfterABatch after(settings);
    const Circuit& above = after.network.circuit(1);
    const HiddenLayer& layer = after.network.hidden()[1];
    const MatrixD below = values(above.below()), z = values(layer.z());
    const MatrixD p = weights(above, "Bix") * values(after.network.input(1).X).transpose();
    const Eigen::VectorXd d = above.divisor()->cast<double>();
    MatrixD expected = (weights(above, "Wex") - weights(above, "Wei") * weights(above, "Wix")).transpose() * below;
    for (Index b = 0; b < kBatch; ++b)
      expected.col(b) -= below.col(b).dot(z.col(b)) / (12 * d[b]) * (weights(above, "Bix").transpose() * p.col(b));
    Matrix arrives(above.size().k, kBatch);
    above.error_below({arrives.data(), arrives.rows(), arrives.cols()});
    plain::expect_close(arrives.cast<double>(), expected, acts_on, 1e-4);
  }
}

TEST(Feedback, IsDrawnLikeWhatItStandsFor) {
  struct Drawn {
    const char* circuit;
    bool hidden_is_centred;
  };
  for (const auto& [circuit, hidden_is_centred] : {Drawn{"e", false}, {"ei", true}, {"inorm", false}}) {
    Settings settings = small_settings(circuit, "none", "none");
    settings.width = {200, 150};
    for (const char* feedback : {"fixed", "kolen-pollack"}) {
      settings.feedback = feedback;
      const Network network = initial_network(settings, kPixels, kBatch);
      const auto of = [&](std::size_t layer) { return weights(network.hidden()[layer].feedback(), "feedback"); };
      ASSERT_EQ(of(0).rows(), 150);
      ASSERT_EQ(of(0).cols(), 200);
      ASSERT_EQ(of(1).rows(), kClasses);
      const auto is_centred = [](const MatrixD& F) { return F.colwise().mean().cwiseAbs().maxCoeff() < 1e-5; };
      EXPECT_EQ(is_centred(of(0)), hidden_is_centred) << circuit;
      EXPECT_TRUE(is_centred(of(1))) << circuit;
      EXPECT_EQ(of(0).minCoeff() >= 0, !hidden_is_centred) << circuit;
      // An independent draw from the same distribution: the same standard deviation, and no correlation.
      const MatrixD Wex = weights(network.circuit(1), "Wex");
      const MatrixD a = Wex.array() - Wex.mean(), b = of(0).array() - of(0).mean();
      EXPECT_NEAR(b.norm() / a.norm(), 1, 0.1) << circuit;
      EXPECT_LT(std::abs(plain::cosine(a, b)), 0.03) << circuit;
      EXPECT_EQ(of(0), weights(initial_network(settings, kPixels, kBatch).hidden()[0].feedback(), "feedback"));
    }
  }
}

TEST(Feedback, DirectBringsTheOutputErrorToEveryLayer) {
  Settings settings = small_settings("inorm", "none", "full");
  settings.feedback = "direct";
  const AfterABatch after(settings);
  const MatrixD output = values(after.network.circuit(2).delta());
  for (const HiddenLayer& layer : after.network.hidden()) {
    const MatrixD F = weights(layer.feedback(), "feedback");
    ASSERT_EQ(F.rows(), kClasses);
    MatrixD expected = F.transpose() * output;
    expected.array() *= (layer.y().array() > 0).cast<double>();
    plain::expect_close(values(layer.error()), expected, "direct");
  }
}

TEST(Feedback, IsStoredWithTheLayerItStandsFor) {
  Settings settings = small_settings("inorm", "none", "full");
  const auto names = [&](const char* feedback) {
    settings.feedback = feedback;
    std::vector<std::string> found;
    for (const auto& [name, tensor] : weights_of(initial_network(settings, kPixels, 1), settings).tensors)
      if (name.ends_with(".feedback")) found.push_back(name);
    return found;
  };
  EXPECT_EQ(names("symmetric"), (std::vector<std::string>{}));
  EXPECT_EQ(names("fixed"), (std::vector<std::string>{"hidden1.feedback", "readout.feedback"}));
  EXPECT_EQ(names("kolen-pollack"), (std::vector<std::string>{"hidden1.feedback", "readout.feedback"}));
  EXPECT_EQ(names("direct"), (std::vector<std::string>{"hidden0.feedback", "hidden1.feedback"}));
}

TEST(Feedback, FixedNeverChangesAndKolenPollackObeysDalesLaw) {
  for (const char* feedback : {"fixed", "direct", "kolen-pollack"}) {
    Settings settings = small_settings("inorm", "none", "none");
    settings.feedback = feedback;
    settings.lr = 0.5;
    settings.weight_decay = 0.1;
    AfterABatch after(settings);
    const MatrixD before = weights(after.network.hidden()[0].feedback(), "feedback");
    for (int step = 0; step < 20; ++step) {
      after.optimizer.step();
      after.batch();
    }
    const MatrixD F = weights(after.network.hidden()[0].feedback(), "feedback");
    EXPECT_EQ(F == before, settings.feedback != "kolen-pollack") << feedback;
    if (settings.feedback != "direct") {
      EXPECT_GE(F.minCoeff(), 0) << feedback;
    }
  }
}

/// With weight decay, F and Wex forget their initial values, and what they learn is the same.
TEST(Feedback, KolenPollackAlignsWithDecayAndNotWithout) {
  const auto cosines = [](double weight_decay) {
    Settings settings = small_settings("inorm", "none", "center");
    settings.feedback = "kolen-pollack";
    settings.lr = 0.05;
    settings.weight_decay = weight_decay;
    AfterABatch after(settings);
    const auto cosine = [&] {
      const auto about_mean = [](const MatrixD& m) { return MatrixD(m.array() - m.mean()); };
      return plain::cosine(about_mean(weights(after.network.circuit(1), "Wex")),
                           about_mean(weights(after.network.hidden()[0].feedback(), "feedback")));
    };
    std::vector<double> course{cosine()};
    for (int quarter = 0; quarter < 4; ++quarter) {
      for (int step = 0; step < 500; ++step) {
        after.optimizer.step();
        after.batch();
      }
      course.push_back(cosine());
    }
    return course;
  };
  const std::vector<double> with = cosines(0.02), without = cosines(0);
  for (std::size_t i = 1; i < with.size(); ++i) EXPECT_GT(with[i], with[i - 1]) << "quarter " << i;
  EXPECT_GT(with.back(), with.front() + 0.3);
  EXPECT_LT(without.back(), with.back() - 0.2);
}

TEST(ErrorRoads, EveryCombinationLearns) {
  for (const std::string_view circuit : circuit_names())
    for (const std::string_view feedback : feedback_names())
      for (const std::string_view route : error_route_names())
        for (const std::string_view acts_on : error_acts_on_names())
          for (const char* precision : {"fp32", "fp16"}) {
            const bool normalizes = circuit_traits(circuit).normalizes;
            if (route != "excitatory" && (!normalizes || feedback != "symmetric")) continue;
            Settings settings = small_settings(circuit, normalizes ? "none" : "layer", "dendritic-burst");
            settings.feedback = feedback;
            settings.error_route = route;
            settings.error_acts_on = acts_on;
            settings.precision = precision;
            settings.momentum = 0.5;
            settings.lr = 0.02;
            SCOPED_TRACE(fmt::format("{} {} {} {} {}", circuit, feedback, route, acts_on, precision));
            AfterABatch after(settings);
            const double first = after.loss;
            for (int step = 0; step < 60; ++step) {
              after.optimizer.step();
              after.batch();
            }
            EXPECT_LT(after.loss, first);
          }
}

}  // namespace
}  // namespace chandelier

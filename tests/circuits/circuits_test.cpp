// Forward pass, learning signals and error below of the four circuits, compared with their equations in double.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <limits>
#include <memory>
#include <random>
#include <set>
#include <string>

#include "circuits/circuit.hpp"
#include "plain_equations.hpp"
#include "sentence_of.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

using plain::Activity;
using plain::by_sample;
using plain::Gradients;
using plain::MatrixD;
using plain::Weights;

constexpr Index kCapacity = 8;
constexpr double kLambda = 0.7;

MatrixView all_of(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }

/// The setting error_divide.
std::string divided_by(bool d) { return d ? "sample" : "off"; }

struct Case {
  std::string circuit;
  LayerSize size;
  bool error_divide;
};

std::vector<Case> all_cases() {
  std::vector<Case> cases;
  for (const std::string_view name : circuit_names())
    for (const LayerSize& size :
         {LayerSize{7, 5, 3, kCapacity}, {5, 9, 2, kCapacity}, {6, 6, 1, kCapacity}, {40, 33, 3, kCapacity}}) {
      cases.push_back({std::string(name), size, true});
      if (name == "inorm") cases.push_back({std::string(name), size, false});
    }
  return cases;
}

/// A circuit after the forward and backward pass of a batch, and the reference for it.
struct Batch {
  Matrix X, Xt;
  MatrixD error;  ///< N(g), [B x n]
  Activity activity;
  Gradients gradients;
};

Batch pass(Circuit& circuit, const Case& c, Index B, std::mt19937& random) {
  Batch batch;
  batch.X = plain::random_matrix(B, c.size.k, random, 0, 1).cast<Real>();
  batch.Xt = batch.X.transpose();
  const Matrix error = plain::random_matrix(c.size.n, B, random, -0.1, 0.1).cast<Real>();
  batch.error = by_sample(view(error));
  const MatrixD X = batch.X.cast<double>();
  const Weights w = plain::weights_of(circuit);
  batch.activity = plain::forward(c.circuit, w, X);
  batch.gradients = plain::backward(c.circuit, w, X, batch.activity, batch.error, kLambda, c.error_divide);
  const Input x{view(batch.X), view(batch.Xt)};
  const MatrixD z = by_sample(circuit.forward(x));
  plain::expect_close(z, batch.activity.z, c.circuit + " z");
  circuit.learned_error() = error;
  circuit.backward(x);
  return batch;
}

const MatrixD& gradient(const Weights& of, std::string_view name) {
  return name == "Wex" ? of.Wex : name == "Wix" ? of.Wix : name == "Wei" ? of.Wei : name == "Bix" ? of.Bix : of.b;
}

TEST(Circuits, AreTheirEquations) {
  std::mt19937 random(1);
  for (const Case& c : all_cases()) {
    const auto circuit =
        make_circuit({.circuit = c.circuit, .error_divide = divided_by(c.error_divide), .lambda = kLambda}, c.size);
    for (const Index B : {kCapacity, Index(1), Index(5), kCapacity}) {  // partial batches after full ones
      plain::randomize(*circuit, random);
      const Batch batch = pass(*circuit, c, B, random);
      const std::string what = fmt::format("{} n {} k {} B {}", c.circuit, c.size.n, c.size.k, B);

      plain::expect_close(by_sample(circuit->excitation()), batch.activity.e, what + " e");
      ASSERT_EQ(circuit->inhibition().has_value(), c.circuit != "e");
      if (c.circuit != "e") plain::expect_close(by_sample(*circuit->inhibition()), batch.activity.s, what + " s");
      ASSERT_EQ(circuit->divisor().has_value(), c.circuit == "inorm");
      if (c.circuit == "inorm")
        plain::expect_close(circuit->divisor()->cast<double>(), batch.activity.d.matrix(), what + " d");

      plain::expect_close(by_sample(circuit->delta()), batch.gradients.delta, what + " delta");
      std::set<std::string> learning;
      for (const LearningSignal& signal : circuit->learning_signals()) {
        const std::string& name = signal.parameter->name();
        EXPECT_TRUE(learning.insert(name).second);
        const MatrixD formed = signal.error.cast<double>() * signal.presynaptic.cast<double>();
        plain::expect_close(formed, gradient(batch.gradients.of, name), what + " " + name, 1e-4);
      }
      Matrix below = Matrix::Constant(c.size.k, B, std::numeric_limits<Real>::quiet_NaN());
      circuit->error_below(all_of(below));
      plain::expect_close(by_sample(view(below)), batch.gradients.below, what + " below");
    }
  }
}

TEST(Circuits, LearnWhatTheyShould) {
  const auto learning = [](const char* name) {
    std::mt19937 random(2);
    const Case c{name, {6, 5, 2, kCapacity}, true};
    const auto circuit = make_circuit({.circuit = std::string(name), .lambda = kLambda}, c.size);
    plain::randomize(*circuit, random);
    pass(*circuit, c, 3, random);
    std::set<std::string> names;
    for (const LearningSignal& signal : circuit->learning_signals()) names.insert(signal.parameter->name());
    return names;
  };
  EXPECT_EQ(learning("e"), (std::set<std::string>{"Wex", "bias"}));
  EXPECT_EQ(learning("ei"), (std::set<std::string>{"Wex", "Wix", "Wei", "bias"}));
  EXPECT_EQ(learning("inorm-sub"), (std::set<std::string>{"Wex", "Wix", "Wei", "bias"}));
  EXPECT_EQ(learning("inorm"), (std::set<std::string>{"Wex", "Wix", "Bix", "bias"}));  // Wei stays fixed
}

TEST(Circuits, AreWhatTheirTraitsSay) {
  std::mt19937 random(3);
  for (const std::string_view name : circuit_names()) {
    const CircuitTraits& traits = circuit_traits(name);
    const auto circuit = make_circuit({.circuit = std::string(name), .lambda = kLambda}, {6, 5, 2, 1});
    const Matrix X = plain::random_matrix(1, 6, random, 0, 1).cast<Real>(), Xt = X.transpose();
    const Input x{view(X), view(Xt)};
    circuit->forward(x);
    circuit->learned_error().setOnes();
    circuit->backward(x);
    EXPECT_EQ(circuit->has("Wix"), traits.has_inhibition) << name;
    EXPECT_EQ(circuit->has("Wei"), traits.has_inhibition) << name;
    EXPECT_EQ(circuit->inhibition().has_value(), traits.has_inhibition) << name;
    EXPECT_EQ(circuit->has("Bix"), traits.divides) << name;
    EXPECT_EQ(circuit->divisor().has_value(), traits.divides) << name;
    EXPECT_EQ(circuit->homeostatic_loss().has_value(), traits.normalizes) << name;
    EXPECT_EQ(circuit->layer_norm_distance().has_value(), traits.normalizes) << name;
    for (const Parameter& parameter : circuit->parameters()) {
      const bool learns = std::ranges::any_of(
          circuit->learning_signals(), [&](const LearningSignal& signal) { return signal.parameter == &parameter; });
      EXPECT_EQ(learns, !parameter.is_fixed()) << name << " " << parameter.name();
    }
  }
}

TEST(Circuits, OnlyExcitationCarriesErrorsThroughINorm) {
  std::mt19937 random(3);
  for (const char* name : {"inorm", "inorm-sub"}) {
    const Case c{name, {7, 5, 2, kCapacity}, false};  // without division, so that d does not matter
    const auto circuit = make_circuit({.circuit = std::string(name), .error_divide = "off", .lambda = kLambda}, c.size);
    plain::randomize(*circuit, random);
    const auto below = [&](unsigned seed) {
      std::mt19937 same(seed);
      pass(*circuit, c, 4, same);
      Matrix error(c.size.k, 4);
      circuit->error_below(all_of(error));
      return error;
    };
    const Matrix before = below(9);
    for (const char* inhibitory : {"Wix", "Wei", "Bix"})
      if (circuit->has(inhibitory)) circuit->parameter(inhibitory).change([](MatrixView w) { w *= 3; });
    EXPECT_EQ(below(9), before) << name;
    circuit->parameter("Wex").change([](MatrixView w) { w *= 3; });
    EXPECT_NE(below(9), before) << name;
  }
}

TEST(Circuits, DivideTheErrorOnlyIfAsked) {
  std::mt19937 random(4);
  for (const bool divide : {true, false}) {
    const Case c{"inorm", {7, 5, 2, kCapacity}, divide};
    const auto circuit =
        make_circuit({.circuit = "inorm", .error_divide = divided_by(divide), .lambda = kLambda}, c.size);
    plain::randomize(*circuit, random);
    const Batch batch = pass(*circuit, c, 6, random);
    MatrixD expected = batch.error;
    if (divide)
      for (Index b = 0; b < 6; ++b) expected.row(b) /= batch.activity.d[b];
    plain::expect_close(by_sample(circuit->delta()), expected, divide ? "divided" : "undivided");
  }
}

TEST(Circuits, HomeostaticLossAndDistanceToItsAim) {
  std::mt19937 random(5);
  for (const Case& c : all_cases()) {
    const auto circuit =
        make_circuit({.circuit = c.circuit, .error_divide = divided_by(c.error_divide), .lambda = kLambda}, c.size);
    plain::randomize(*circuit, random);
    const Batch batch = pass(*circuit, c, 5, random);
    const bool normalizes = c.circuit == "inorm" || c.circuit == "inorm-sub";
    ASSERT_EQ(circuit->homeostatic_loss().has_value(), normalizes);
    ASSERT_EQ(circuit->layer_norm_distance().has_value(), normalizes);
    if (!normalizes) continue;
    const double loss = plain::homeostatic_loss(c.circuit, batch.activity.z, kLambda);
    EXPECT_NEAR(*circuit->homeostatic_loss(), loss, 1e-4 * loss) << c.circuit;
    const MatrixD aim = plain::each_sample(batch.activity.e, [&](const plain::Units& e) -> plain::Units {
      return c.circuit == "inorm" ? plain::layer_norm(e) : plain::Units(e - plain::mean(e));
    });
    const double distance = (batch.activity.z - aim).array().square().mean();
    EXPECT_NEAR(*circuit->layer_norm_distance(), distance, 1e-4 * distance) << c.circuit;
  }
}

TEST(Circuits, BatchesInPartsAreTheBatch) {
  std::mt19937 random(6);
  for (const std::string_view name : circuit_names()) {
    const auto circuit = make_circuit({.circuit = std::string(name), .lambda = kLambda}, {40, 33, 3, kCapacity});
    plain::randomize(*circuit, random);
    const Matrix X = plain::random_matrix(kCapacity, 40, random, 0, 1).cast<Real>(), Xt = X.transpose();
    const Matrix whole = circuit->forward({view(X), view(Xt)});
    for (Index b = 0; b < kCapacity; ++b) {
      const Matrix one = X.row(b), one_t = one.transpose();
      const Matrix z = circuit->forward({view(one), view(one_t)});
      plain::expect_close(z.cast<double>(), whole.col(b).cast<double>(), std::string(name));
    }
  }
}

TEST(DalesLaw, IsOnTheWeightsOfExcitationAndInhibition) {
  for (const std::string_view name : circuit_names()) {
    const auto circuit = make_circuit({.circuit = std::string(name), .lambda = kLambda}, {6, 5, 2, 1});
    for (Parameter& parameter : circuit->parameters()) {
      const bool law = parameter.name() == "Wex" || parameter.name() == "Wix" || parameter.name() == "Wei";
      EXPECT_EQ(parameter.sign() == Sign::non_negative, law) << parameter.name();
      parameter.change([](MatrixView w) { w.setConstant(-1); });
      EXPECT_TRUE((parameter.value().array() == (law ? 0 : -1)).all()) << parameter.name();
    }
  }
}

TEST(DalesLaw, HoldsForEveryParameterThatLearns) {
  const auto circuit = make_circuit({.circuit = "ei", .lambda = kLambda}, {40, 20, 20, 1});
  for (Parameter& parameter : circuit->parameters()) {
    const bool law = parameter.sign() == Sign::non_negative;
    const Matrix error = Matrix::Ones(parameter.rows(), 3), presynaptic = Matrix::Ones(3, parameter.cols());
    parameter.change([](MatrixView w) { w.setConstant(2); });
    parameter.learn(1, Real(-0.5), view(error), view(presynaptic));
    EXPECT_TRUE((parameter.value().array() == Real(0.5)).all()) << parameter.name();
    parameter.learn(Real(0.5), -1, view(error), view(presynaptic));
    EXPECT_TRUE((parameter.value().array() == (law ? Real(0) : Real(-2.75))).all()) << parameter.name();
  }
}

TEST(DalesLaw, NanStaysNan) {
  const auto circuit = make_circuit({.circuit = "ei", .lambda = kLambda}, {4, 5, 2, 1});
  for (Parameter& parameter : circuit->parameters()) {
    parameter.change([](MatrixView w) { w.setConstant(std::numeric_limits<Real>::quiet_NaN()); });
    EXPECT_TRUE(parameter.value().array().isNaN().all()) << parameter.name();
  }
}

TEST(DalesLaw, GivenWeightsMustObeyIt) {
  const auto circuit = make_circuit({.circuit = "inorm", .lambda = kLambda}, {4, 5, 2, 1});
  for (Parameter& parameter : circuit->parameters()) {
    Matrix given = Matrix::Constant(parameter.rows(), parameter.cols(), Real(0.5));
    parameter.assign(view(given), "w.safetensors", "hidden1");
    EXPECT_EQ(parameter.value(), view(given));
    given(parameter.rows() - 1, parameter.cols() - 1) = Real(-0.25);
    if (parameter.sign() == Sign::free) {
      parameter.assign(view(given), "w.safetensors", "hidden1");
      EXPECT_EQ(parameter.value(), view(given));
      continue;
    }
    const std::string sentence = sentence_of([&] { parameter.assign(view(given), "w.safetensors", "hidden1"); });
    EXPECT_TRUE(names(sentence, "w.safetensors"));
    EXPECT_TRUE(names(sentence, "hidden1." + parameter.name()));
    EXPECT_TRUE(names(sentence, "-0.25"));
    EXPECT_TRUE(names(sentence, fmt::format("row {}, column {}", parameter.rows() - 1, parameter.cols() - 1)));
    EXPECT_EQ(parameter.value()(0, 0), Real(0.5)) << "refused weights must not be taken";
    EXPECT_EQ(parameter.value()(parameter.rows() - 1, parameter.cols() - 1), Real(0.5));
  }
}

TEST(Parameter, ShapeOfGivenWeightsMustFit) {
  const auto circuit = make_circuit({.circuit = "ei", .lambda = kLambda}, {4, 5, 2, 1});
  const Matrix given = Matrix::Zero(4, 5);
  const std::string sentence =
      sentence_of([&] { circuit->parameter("Wex").assign(view(given), "w.safetensors", "hidden0"); });
  EXPECT_TRUE(names(sentence, "hidden0.Wex"));
  EXPECT_TRUE(names(sentence, "[4 x 5]"));
  EXPECT_TRUE(names(sentence, "[5 x 4]"));
}

}  // namespace
}  // namespace chandelier

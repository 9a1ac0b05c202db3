// Updates: each one compared with its equation in double, parameter groups, freezing, and Dale's law in all of them.

#include "learning/update.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <limits>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "kernels/rounding.hpp"
#include "learning/optimizer.hpp"
#include "plain_equations.hpp"
#include "plain_error_norms.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

using plain::MatrixD;

std::map<std::string, double> rates(double lr, double lr_wix, double lr_wei) {
  return {{"lr", lr}, {"lr_wix", lr_wix}, {"lr_wei", lr_wei}};
}

/// Properties of parameters, as in circuits.
ParameterKind kind_of(const std::string& name) {
  const auto circuit = make_circuit({.circuit = name == "Bix" ? "inorm" : "ei"}, {2, 2, 1, 1});
  return circuit->parameter(name).kind();
}

/// A single parameter that learns.
struct Alone {
  Matrix storage;
  Parameter parameter;
  Alone(const std::string& name, const MatrixD& start, Products& products = fp32_products())
      : storage(start.cast<Real>()),
        parameter(kind_of(name), MatrixView(storage.data(), storage.rows(), storage.cols()), products) {}
};

/// What a parameter learns from in one step.
struct Signal {
  Matrix error, presynaptic;
  Signal(Index rows, Index cols, Index B, std::mt19937& random)
      : error(plain::random_matrix(rows, B, random, -1, 1).cast<Real>()),
        presynaptic(plain::random_matrix(B, cols, random, 0, 1).cast<Real>()) {}
  MatrixD gradient() const { return error.cast<double>() * presynaptic.cast<double>(); }
  LearningSignal of(Parameter& parameter) const { return {&parameter, view(error), view(presynaptic)}; }
};

/// The equations of the update, on matrices in double.
struct PlainUpdate {
  UpdateSettings settings;
  MatrixD v{};

  void step(const std::string& name, MatrixD& w, const MatrixD& gradient) {
    const bool inhibitory = name == "Wix" || name == "Wei" || name == "Bix";
    const double lr = settings.rates.at(name == "Wix" || name == "Bix" ? "lr_wix" : name == "Wei" ? "lr_wei" : "lr");
    const double mu = inhibitory ? settings.momentum_inhibitory : settings.momentum;
    if (v.size() == 0) v = MatrixD::Zero(w.rows(), w.cols());
    v = mu * v + gradient;
    if (settings.exponentiated && name != "bias")
      w = (w.array() * (-lr * w.array().sign() * v.array()).exp()).matrix().eval();
    else
      w -= lr * (settings.nesterov ? MatrixD(gradient + mu * v) : v);
    if (!inhibitory) w -= lr * settings.weight_decay * w;
    if (name == "Wex" || name == "Wix" || name == "Wei") w = w.cwiseMax(0.0);
  }
};

struct UpdateCase {
  const char* name;
  UpdateSettings settings;
};
void PrintTo(const UpdateCase& c, std::ostream* out) { *out << c.name; }

class Updates : public ::testing::TestWithParam<UpdateCase> {};

TEST_P(Updates, AreTheirEquations) {
  std::mt19937 random(1);
  for (const char* name : {"Wex", "Wix", "Wei", "Bix", "bias"}) {
    const bool free = std::string(name) == "Bix" || std::string(name) == "bias";
    // 40 x 784 with 32 samples is more than one part of the product
    for (const auto& [rows, cols] : {std::pair<Index, Index>{5, 7}, {40, 784}, {9, 1}}) {
      if ((std::string(name) == "bias") != (cols == 1)) continue;
      MatrixD w = plain::random_matrix(rows, cols, random, free ? -1 : 0, 1).cast<Real>().cast<double>();
      w(0, 0) = 0;
      Alone alone(name, w);
      Update update(alone.parameter, GetParam().settings);
      PlainUpdate expected{GetParam().settings};
      for (int step = 0; step < 4; ++step) {
        const Signal signal(rows, cols, 32, random);
        update.step(signal.of(alone.parameter));
        expected.step(name, w, signal.gradient());
        const std::string what = fmt::format("{} {} x {}, step {}", name, rows, cols, step);
        plain::expect_close(plain::values(alone.parameter.value()), w, what, 2e-6);
        if (update.velocity().size() > 0)
          plain::expect_close(plain::values(view(update.velocity())), expected.v, what, 2e-6);
      }
      const bool inhibitory = std::string(name) != "Wex" && std::string(name) != "bias";
      const double mu = inhibitory ? GetParam().settings.momentum_inhibitory : GetParam().settings.momentum;
      EXPECT_EQ(update.velocity().size(), mu == 0 ? 0 : rows * cols) << "no buffer without momentum";
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Every, Updates,
    ::testing::Values(
        UpdateCase{"Plain", {.rates = rates(0.03, 0.02, 0.01)}},
        UpdateCase{"Decay", {.rates = rates(0.03, 0.02, 0.01), .weight_decay = 0.5}},
        UpdateCase{"Momentum", {.rates = rates(0.03, 0.02, 0.01), .momentum = 0.9, .momentum_inhibitory = 0.4}},
        UpdateCase{"MomentumOfExcitationOnly", {.rates = rates(0.03, 0.02, 0.01), .momentum = 0.9}},
        UpdateCase{"MomentumOfInhibitionOnly", {.rates = rates(0.03, 0.02, 0.01), .momentum_inhibitory = 0.9}},
        UpdateCase{"Nesterov",
                   {.rates = rates(0.03, 0.02, 0.01), .momentum = 0.9, .momentum_inhibitory = 0.4, .nesterov = true}},
        UpdateCase{"NesterovDecay",
                   {.rates = rates(0.03, 0.02, 0.01), .momentum = 0.8, .nesterov = true, .weight_decay = 0.5}},
        UpdateCase{
            "MomentumDecay",
            {.rates = rates(0.03, 0.02, 0.01), .momentum = 0.8, .momentum_inhibitory = 0.4, .weight_decay = 0.5}},
        UpdateCase{"Exponentiated", {.rates = rates(0.03, 0.02, 0.01), .exponentiated = true}},
        UpdateCase{"ExponentiatedMomentum",
                   {.rates = rates(0.03, 0.02, 0.01),
                    .momentum = 0.8,
                    .momentum_inhibitory = 0.4,
                    .weight_decay = 0.5,
                    .exponentiated = true}}),
    [](const auto& test) { return test.param.name; });

TEST(Update, InPlaceIsThePathThroughTheGradient) {
  std::mt19937 random(2);
  constexpr Index kSamples = 32;
  const MatrixD start = plain::random_matrix(70, 784, random, 0, 0.5);
  Alone in_place("Wex", start), formed("Wex", start);
  const Signal signal(70, 784, kSamples, random);
  UpdateSettings settings{.rates = rates(0.01, 0, 0), .weight_decay = 0.1};
  Update(in_place.parameter, settings).step(signal.of(in_place.parameter));
  settings.momentum = 1e-30;  // v = grad in the first step
  Update(formed.parameter, settings).step(signal.of(formed.parameter));
  // The two paths may differ in rounding.
  constexpr double kRounding = std::numeric_limits<Real>::epsilon();
  plain::expect_close(plain::values(in_place.parameter.value()), plain::values(formed.parameter.value()), "w",
                      (kSamples + 2) * kRounding);
}

TEST(Update, EveryPathTakesTheProductsOfItsParameter) {
  // The rate is a power of two, so that rounding the error and rounding rate times error are the same.
  for (const UpdateSettings& settings : {UpdateSettings{.rates = rates(0.25, 0, 0)},
                                         {.rates = rates(0.25, 0, 0), .momentum = 0.5},
                                         {.rates = rates(0.25, 0, 0), .momentum = 0.5, .nesterov = true},
                                         {.rates = rates(0.25, 0, 0), .exponentiated = true}}) {
    std::mt19937 random(7);
    const MatrixD start = plain::random_matrix(20, 50, random, 0, 1);
    const Signal signal(20, 50, 32, random);
    Signal rounded = signal;
    for (Matrix* const operand : {&rounded.error, &rounded.presynaptic})
      *operand = operand->unaryExpr([](float x) { return rounded_to_bf16(x); });
    const auto products = make_products(Precision::bf16, 20, 50, 32);
    Alone in_bf16("Wex", start, *products), of_rounded("Wex", start), in_fp32("Wex", start);
    const auto learned = [&](Alone& alone, const Signal& from) {
      Update update(alone.parameter, settings);
      for (int step = 0; step < 2; ++step) update.step(from.of(alone.parameter));
      return plain::values(alone.parameter.value());
    };
    const MatrixD w = learned(in_bf16, signal);
    plain::expect_close(w, learned(of_rounded, rounded), "w", 1e-5);
    EXPECT_GT((w - learned(in_fp32, signal)).cwiseAbs().maxCoeff(), 1e-4) << "rounding changes nothing here";
  }
}

TEST(Update, ExponentiatedKeepsSigns) {
  std::mt19937 random(3);
  const MatrixD start = plain::random_matrix(6, 9, random, -1, 1);
  Alone alone("Bix", start);
  Update update(alone.parameter, {.rates = rates(0, 0.5, 0), .exponentiated = true});
  for (int step = 0; step < 5; ++step) update.step(Signal(6, 9, 8, random).of(alone.parameter));
  EXPECT_TRUE((plain::values(alone.parameter.value()).array().sign() == start.array().sign()).all());
}

TEST(Update, ExponentiatedBiasesDescend) {
  std::mt19937 random(4);
  Alone alone("bias", MatrixD::Zero(6, 1));
  const Signal signal(6, 1, 8, random);
  Update(alone.parameter, {.rates = rates(0.1, 0, 0), .exponentiated = true}).step(signal.of(alone.parameter));
  plain::expect_close(plain::values(alone.parameter.value()), -0.1 * signal.gradient(), "bias");
}

TEST(Update, ARateOfZeroChangesNothing) {
  std::mt19937 random(5);
  const MatrixD start = plain::random_matrix(6, 9, random, 0, 1).cast<Real>().cast<double>();
  Alone alone("Wix", start);
  Update(alone.parameter, {.rates = rates(1, 0, 1)}).step(Signal(6, 9, 8, random).of(alone.parameter));
  EXPECT_EQ(plain::values(alone.parameter.value()), start);
}

// ---- whole networks ----

constexpr Index kPixels = 12, kBatch = 6;

Settings small(const std::string& circuit) {
  Settings settings;
  settings.circuit = circuit;
  settings.error_norm = circuit == "e" || circuit == "ei" ? "own" : circuit == "inorm" ? "full" : "center";
  settings.width = {11, 8};
  settings.classes = 4;
  settings.inhibitory_fraction = 0.3;
  return settings;
}

struct Data {
  Matrix images;
  std::vector<std::uint8_t> labels;
  explicit Data(std::mt19937& random)
      : images(plain::random_matrix(kBatch, kPixels, random, 0, 1).cast<Real>()),
        labels(plain::random_labels(kBatch, 4, random)) {}
};

void learn(Network& network, Optimizer& optimizer, const Data& data) {
  network.forward(view(data.images));
  network.backward(data.labels);
  optimizer.step();
}

using Snapshot = std::vector<std::pair<std::string, Matrix>>;
Snapshot snapshot(const Network& network) {
  Snapshot all;
  for (std::size_t layer = 0; layer < network.layers(); ++layer)
    for (const Parameter& parameter : network.circuit(layer).parameters())
      all.emplace_back(network.layer_name(layer) + "." + parameter.name(), parameter.value());
  return all;
}

std::vector<std::string> changed(const Snapshot& before, const Snapshot& after) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < before.size(); ++i)
    if (before[i].second != after[i].second) names.push_back(before[i].first);
  return names;
}

/// The parameters that change in one step of a network with these settings.
std::vector<std::string> changed_by_a_step(const Settings& settings) {
  std::mt19937 random(6);
  const Data data(random);
  Network network = initial_network(settings, kPixels, kBatch);
  // Not at the initial weights, where some gradients are 0: inhibition centres exactly, and the readout's only
  // inhibitory unit reaches all classes equally, over which errors sum to 0.
  for (std::size_t layer = 0; layer < 3; ++layer)
    network.circuit(layer).parameter("Wei").change([](MatrixView w) { w(0, 0) *= 2; });
  Optimizer optimizer = optimizer_of(network, settings);
  const Snapshot before = snapshot(network);
  learn(network, optimizer, data);
  return changed(before, snapshot(network));
}

using Names = std::vector<std::string>;

TEST(Freezing, ByParameterLayerAndBoth) {
  Settings settings = small("ei");
  const Names all{"hidden0.Wex", "hidden0.Wix",  "hidden0.Wei", "hidden0.bias", "hidden1.Wex", "hidden1.Wix",
                  "hidden1.Wei", "hidden1.bias", "readout.Wex", "readout.Wix",  "readout.Wei", "readout.bias"};
  EXPECT_EQ(changed_by_a_step(settings), all);
  settings.freeze = {"Wix"};
  EXPECT_EQ(changed_by_a_step(settings),
            (Names{"hidden0.Wex", "hidden0.Wei", "hidden0.bias", "hidden1.Wex", "hidden1.Wei", "hidden1.bias",
                   "readout.Wex", "readout.Wei", "readout.bias"}));
  settings.freeze = {"readout", "hidden0"};
  EXPECT_EQ(changed_by_a_step(settings), (Names{"hidden1.Wex", "hidden1.Wix", "hidden1.Wei", "hidden1.bias"}));
  settings.freeze = {"hidden0.Wex", "hidden1", "bias", "readout.Wei"};
  EXPECT_EQ(changed_by_a_step(settings), (Names{"hidden0.Wix", "hidden0.Wei", "readout.Wex", "readout.Wix"}));
}

TEST(Freezing, StopsDecayAndMomentumToo) {
  Settings settings = small("ei");
  settings.momentum = settings.momentum_inhibitory = 0.5;
  settings.weight_decay = 0.1;
  settings.freeze = {"Wex", "Wix", "Wei", "bias"};
  EXPECT_EQ(changed_by_a_step(settings), Names{});
}

TEST(Groups, EachRateMovesItsParametersInEveryLayer) {
  Settings settings = small("inorm");
  settings.lr = settings.lr_wix = settings.lr_wei = 0;
  EXPECT_EQ(changed_by_a_step(settings), Names{});
  settings.lr = 0.01;
  EXPECT_EQ(changed_by_a_step(settings),
            (Names{"hidden0.Wex", "hidden0.bias", "hidden1.Wex", "hidden1.bias", "readout.Wex", "readout.bias"}));
  settings.lr = 0;
  settings.lr_wix = 0.1;
  settings.lambda = 1;
  EXPECT_EQ(changed_by_a_step(settings),
            (Names{"hidden0.Wix", "hidden0.Bix", "hidden1.Wix", "hidden1.Bix", "readout.Wix"}));
  settings.lr_wix = 0;
  settings.lr_wei = 0.1;
  EXPECT_EQ(changed_by_a_step(settings), Names{"readout.Wei"});  // no effect in hidden I-Norm layers
}

/// All weights of a network after some steps, computed in double from the learning rules.
TEST(Network, LearnsByTheEquations) {
  for (const std::string_view circuit : circuit_names())
    for (const bool momentum : {false, true}) {
      Settings settings = small(std::string(circuit));
      settings.lr = 0.02;
      settings.lambda = 0.5;
      settings.lr_wei = 0.01;
      if (momentum) {
        settings.momentum = 0.9;
        settings.momentum_inhibitory = 0.5;
        settings.weight_decay = 0.1;
      }
      Network network = initial_network(settings, kPixels, kBatch);
      Optimizer optimizer = optimizer_of(network, settings);
      std::vector<plain::Weights> w;
      std::vector<std::vector<PlainUpdate>> updates;
      const UpdateSettings update{.rates = rates(settings.lr, settings.lr_wix, settings.lr_wei),
                                  .momentum = settings.momentum,
                                  .momentum_inhibitory = settings.momentum_inhibitory,
                                  .weight_decay = settings.weight_decay};
      for (std::size_t layer = 0; layer < 3; ++layer) {
        w.push_back(plain::weights_of(network.circuit(layer)));
        updates.emplace_back(5, PlainUpdate{update});
      }
      std::mt19937 random(7);
      for (int step = 0; step < 3; ++step) {
        const Data data(random);
        learn(network, optimizer, data);

        std::vector<MatrixD> X{data.images.cast<double>()};
        std::vector<plain::Activity> activity;
        for (std::size_t layer = 0; layer < 3; ++layer) {
          activity.push_back(plain::forward(layer < 2 ? settings.circuit : "ei", w[layer], X[layer]));
          X.push_back(activity.back().z.cwiseMax(0.0));
        }
        MatrixD error = plain::task_error(activity[2].z, data.labels, settings.label_smoothing);
        std::vector<plain::Gradients> gradients(3);
        for (std::size_t layer = 3; layer-- > 0;) {
          if (layer < 2)
            error = plain::each_sample(error, activity[layer].z, [&](const plain::Units& h, const plain::Units& z) {
              // without a computed normalization, own is none
              const std::string rule = settings.error_norm == "own" ? "none" : settings.error_norm;
              return plain::error_norm(rule).of(h * plain::positive(z), z, {});
            });
          gradients[layer] = plain::backward(layer < 2 ? settings.circuit : "ei", w[layer], X[layer], activity[layer],
                                             error, settings.lambda, true);
          error = gradients[layer].below;
        }
        for (std::size_t layer = 0; layer < 3; ++layer) {
          const auto take = [&](std::size_t i, const char* name, MatrixD& weights, const MatrixD& gradient) {
            if (gradient.size() > 0) updates[layer][i].step(name, weights, gradient);
            if (weights.size() > 0)
              plain::expect_close(plain::values(network.circuit(layer).parameter(name).value()), weights,
                                  fmt::format("{} step {} {}.{}", circuit, step, network.layer_name(layer), name),
                                  5e-5);
          };
          take(0, "Wex", w[layer].Wex, gradients[layer].of.Wex);
          take(1, "Wix", w[layer].Wix, gradients[layer].of.Wix);
          take(2, "Wei", w[layer].Wei, gradients[layer].of.Wei);
          take(3, "Bix", w[layer].Bix, gradients[layer].of.Bix);
          take(4, "bias", w[layer].b, gradients[layer].of.b);
        }
      }
    }
}

TEST(DalesLaw, HoldsUnderEveryUpdateHoweverLarge) {
  int projected = 0;
  EXPECT_TRUE(rc::check("no weight is negative", [&](unsigned seed) {
    const auto circuits = circuit_names();
    Settings settings = small(std::string(circuits[*rc::gen::inRange<std::size_t>(0, circuits.size())]));
    const auto rate = [] { return std::pow(10.0, *rc::gen::inRange(-2, 3)); };
    settings.lr = rate();
    settings.lr_wix = rate();
    settings.lr_wei = rate();
    settings.lambda = rate();
    settings.momentum = *rc::gen::element(0.0, 0.9);
    settings.momentum_inhibitory = *rc::gen::element(0.0, 0.9);
    settings.update = *rc::gen::element<std::string>("sgd", "exponentiated");
    settings.nesterov = settings.update == "sgd" && *rc::gen::arbitrary<bool>();
    settings.weight_decay = *rc::gen::element(0.0, 0.1, 50.0);  // the last one would change the sign of every weight
    settings.seed = seed;
    Network network = initial_network(settings, kPixels, kBatch);
    Optimizer optimizer = optimizer_of(network, settings);
    std::mt19937 random(seed);
    for (int step = 0; step < 4; ++step) {
      learn(network, optimizer, Data(random));
      for (const auto& [name, w] : snapshot(network)) {
        if (name.ends_with("Bix") || name.ends_with("bias")) continue;
        RC_ASSERT(!(w.array() < 0).any());  // with such rates there may be NaN, which is not negative
        projected += (w.array() == 0).any();
      }
    }
  }));
  EXPECT_GT(projected, 20) << "rates so small that the law was never in question";
}

TEST(Update, GivesWhatIsReplacedItsNextValue) {
  Parameter parameter({.name = "rho", .sign = Sign::non_negative, .plain = true, .replaced = true}, 3, 2);
  const UpdateSettings settings{.momentum = 0.5, .nesterov = true, .weight_decay = 0.1, .exponentiated = true};
  Update update(parameter, settings);  // it needs no learning rate
  EXPECT_EQ(update.velocity().size(), 0);
  Matrix next(3, 2);
  next << 0.1F, 2, 3e7F, 0, -1, 0.3F;
  const Matrix identity = Matrix::Identity(2, 2);
  for (int step = 0; step < 2; ++step) {
    update.step({&parameter, view(next), view(identity)});
    EXPECT_EQ(parameter.value(), next.cwiseMax(0)) << "to the bit, but for Dale's law";
  }
}

}  // namespace
}  // namespace chandelier

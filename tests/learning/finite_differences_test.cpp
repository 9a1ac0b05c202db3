// Gradients of E and E-I networks, with every computed normalization and its exact Jacobian, and of both homeostatic
// losses, compared with finite differences.

#include "finite_differences.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "circuits/excitatory.hpp"
#include "circuits/excitatory_inhibitory.hpp"
#include "circuits/inorm.hpp"
#include "circuits/inorm_subtractive.hpp"
#include "learning/network.hpp"
#include "normalization/activity_layer.hpp"
#include "normalization/activity_mean.hpp"
#include "normalization/activity_none.hpp"
#include "normalization/activity_variance.hpp"
#include "normalization/error_none.hpp"
#include "normalization/error_own.hpp"

namespace chandelier {
namespace {

using MakeNorm = std::unique_ptr<ActivityNormalization> (*)(Index, Index);
struct Norm {
  const char* name;
  MakeNorm make;
};

constexpr Index kBatch = 5;

/// Runs one batch through a network with random weights, and compares the gradients of its parameters with central
/// differences of the loss.
/// @param learning  parameters of the hidden layers that learn from the task
/// @param count  number of learning parameters in total, including the readout's
void expect_gradients_of_the_task(Network& network, const std::vector<std::string>& learning, std::size_t count) {
  const std::array<std::uint8_t, kBatch> labels{0, 3, 1, 2, 3};

  // Near the kink of the rectification, difference quotients are meaningless: draw until no unit is near it.
  std::mt19937 random(1);
  Matrix images;
  double nearest = 0;
  for (int draw = 0; draw < 100 && nearest < 1e-3; ++draw) {
    for (std::size_t layer = 0; layer < network.layers(); ++layer) randomize(network.circuit(layer), random);
    images = random_images(kBatch, network.inputs(), random);
    network.forward(view(images));
    nearest = 1;
    for (const HiddenLayer& layer : network.hidden()) nearest = std::min(nearest, layer.y().cwiseAbs().minCoeff());
  }
  ASSERT_GE(nearest, 1e-3);

  const auto loss = [&] {
    network.forward(view(images));
    return network.loss(labels).loss / kBatch;
  };
  network.forward(view(images));
  network.backward(labels);
  std::vector<std::pair<Parameter*, Matrix>> gradients;
  for (std::size_t layer = 0; layer < network.layers(); ++layer)
    for (Parameter& parameter : network.circuit(layer).parameters())
      if (std::ranges::find(learning, parameter.name()) != learning.end() || layer + 1 == network.layers())
        gradients.emplace_back(&parameter, gradient_of(network.circuit(layer), parameter.name()));
  ASSERT_EQ(gradients.size(), count);
  for (const auto& [parameter, gradient] : gradients) expect_gradient(*parameter, gradient, loss);
}

class OwnError : public ::testing::TestWithParam<std::tuple<bool, Norm>> {};

TEST_P(OwnError, IsTheGradientOfTheTaskLoss) {
  const auto [inhibition, norm] = GetParam();
  const auto circuit = [&](Index k, Index n) -> std::unique_ptr<Circuit> {
    if (inhibition) return std::make_unique<ExcitatoryInhibitory>(LayerSize{k, n, 2, kBatch});
    return std::make_unique<Excitatory>(LayerSize{k, n, 0, kBatch});
  };
  std::vector<HiddenLayer> hidden;
  for (const auto& [k, n] : {std::pair<Index, Index>{6, 7}, {7, 5}}) {
    auto activity_norm = norm.make(n, kBatch);
    auto own = error_own(*activity_norm);
    hidden.emplace_back(circuit(k, n), std::move(activity_norm), std::move(own));
  }
  Network network(std::move(hidden), std::make_unique<ExcitatoryInhibitory>(LayerSize{5, 4, 1, kBatch}), 0.1);
  expect_gradients_of_the_task(network, {"Wex", "Wix", "Wei", "bias"}, inhibition ? 12 : 8);
}

INSTANTIATE_TEST_SUITE_P(EveryNormalization, OwnError,
                         ::testing::Combine(::testing::Bool(),
                                            ::testing::Values(Norm{"none", activity_none}, Norm{"mean", activity_mean},
                                                              Norm{"variance", activity_variance},
                                                              Norm{"layer", activity_layer})),
                         [](const auto& test) {
                           return std::string(std::get<0>(test.param) ? "EI_" : "E_") + std::get<1>(test.param).name;
                         });

class EveryRoad : public ::testing::TestWithParam<bool> {};

/// Without error normalization, and with errors carried by all synapses of inhibition, I-Norm's error path is exact
/// back-propagation through its normalization.
TEST_P(EveryRoad, IsTheGradientOfTheTaskLoss) {
  const bool divides = GetParam();
  std::vector<HiddenLayer> hidden;
  for (const auto& [k, n] : {std::pair<Index, Index>{6, 7}, {7, 5}, {5, 8}}) {  // n above, at and below k
    const LayerSize size{k, n, 2, kBatch};
    std::unique_ptr<Circuit> circuit;
    if (divides)
      circuit = std::make_unique<INorm>(size, 0.7, ErrorDivide::sample, ErrorRoute::all);
    else
      circuit = std::make_unique<INormSubtractive>(size, 0.7, ErrorRoute::all);
    hidden.emplace_back(std::move(circuit), activity_none(n, kBatch), error_none());
  }
  Network network(std::move(hidden), std::make_unique<ExcitatoryInhibitory>(LayerSize{8, 4, 1, kBatch}), 0.1);
  // Inhibition itself learns from its local loss.
  expect_gradients_of_the_task(network, {"Wex", "bias"}, 3 * 2 + 4);
}

INSTANTIATE_TEST_SUITE_P(INorm, EveryRoad, ::testing::Bool(),
                         [](const auto& test) { return test.param ? "Divides" : "Subtracts"; });

/// The homeostatic loss of one circuit, in which excitatory drive and input are constants.
void expect_homeostatic_gradients(Circuit& circuit, const std::vector<std::string>& learning) {
  std::mt19937 random(2);
  randomize(circuit, random);
  const Matrix X = random_images(kBatch, circuit.size().k, random), Xt = X.transpose();
  const Input x{view(X), view(Xt)};
  circuit.forward(x);
  circuit.learned_error().setZero();
  circuit.backward(x);
  const auto loss = [&] {
    circuit.forward(x);
    return *circuit.homeostatic_loss();
  };
  std::vector<Matrix> gradients;
  gradients.reserve(learning.size());
  for (const std::string& name : learning) gradients.push_back(gradient_of(circuit, name));
  for (std::size_t i = 0; i < learning.size(); ++i) expect_gradient(circuit.parameter(learning[i]), gradients[i], loss);
}

TEST(HomeostaticLoss, GradientOfINorm) {
  for (const Index n : {4, 6, 9}) {  // n below, at and above k
    INorm circuit({6, n, 2, kBatch}, 0.7, ErrorDivide::sample, ErrorRoute::excitatory);
    expect_homeostatic_gradients(circuit, {"Wix", "Bix"});
  }
}

TEST(HomeostaticLoss, GradientOfSubtractiveINorm) {
  INormSubtractive circuit({6, 7, 2, kBatch}, 0.7, ErrorRoute::excitatory);
  expect_homeostatic_gradients(circuit, {"Wix", "Wei"});
}

}  // namespace
}  // namespace chandelier

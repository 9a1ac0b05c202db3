#include "training/layer_norm_twin.hpp"

#include "learning/weights.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

Settings twin_settings(const Settings& settings) {
  Settings twin = settings;
  if (circuit_traits(settings.circuit).normalizes) twin.circuit = "e";
  twin.activity_norm = "layer";
  twin.error_norm = "own";
  twin.error_part = "whole";
  twin.error_acts_on = "both";
  twin.error_route = "excitatory";
  twin.feedback = "symmetric";
  twin.precision = "fp32";  // exact, however the network rounds
  return twin;
}

}  // namespace

LayerNormTwin::LayerNormTwin(const Settings& settings, const Network& network, Index capacity)
    : twin_(network_shaped_like(network, twin_settings(settings), capacity)) {}

void LayerNormTwin::take_weights_of(const Network& network) { copy_weights(network, twin_); }

void LayerNormTwin::follow(const Network& network, std::span<const std::uint8_t> labels) {
  twin_.forward(network.input(0).X);
  twin_.backward(labels);
}

double task_gradient_alignment(const Network& network, const LayerNormTwin& twin, std::size_t layer,
                               const Presynaptic& x) {
  const auto error = [layer](const Network& of) { return of.circuit(layer).delta().cast<double>(); };
  const ConstMatrixView y = twin.network().input(layer).X;
  if (y.data() == x.X.data())
    return cosine({error(network), x}, {error(twin.network()), x});  // both take the images as input
  return cosine({error(network), x}, {error(twin.network()), Presynaptic(y)});
}

}  // namespace chandelier

#include "training/layer_norm_twin.hpp"

#include "training/network_builder.hpp"

namespace chandelier {
namespace {

Settings twin_settings(const Settings& settings) {
  Settings twin = settings;
  twin.circuit = settings.circuit == "ei" ? "ei" : "e";
  twin.activity_norm = "layer";
  twin.error_norm = "own";
  twin.error_part = "whole";
  return twin;
}

}  // namespace

LayerNormTwin::LayerNormTwin(const Settings& settings, const Network& network, Index capacity)
    : twin_(network_shaped_like(network, twin_settings(settings), capacity)) {}

void LayerNormTwin::follow(const Network& network, std::span<const std::uint8_t> labels) {
  for (std::size_t layer = 0; layer < twin_.layers(); ++layer)
    for (Parameter& parameter : twin_.circuit(layer).parameters())
      parameter.change([&](MatrixView w) { w = network.circuit(layer).parameter(parameter.name()).value(); });
  twin_.forward(network.input(0).X);
  twin_.backward(labels);
}

GradientFactors LayerNormTwin::gradient(std::size_t layer) const {
  return {twin_.circuit(layer).delta().cast<double>(), twin_.input(layer).X};
}

double task_gradient_alignment(const Network& network, const LayerNormTwin& twin, std::size_t layer) {
  return cosine({network.circuit(layer).delta().cast<double>(), network.input(layer).X}, twin.gradient(layer));
}

}  // namespace chandelier

#include "learning/network.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"

namespace chandelier {

Network::Network(std::vector<HiddenLayer> hidden, std::unique_ptr<Circuit> readout, double label_smoothing)
    : hidden_(std::move(hidden)), readout_(std::move(readout)), label_smoothing_(label_smoothing) {
  for (std::size_t layer = 1; layer < layers(); ++layer)
    if (circuit(layer).size().k != circuit(layer - 1).size().n)
      throw Bug(fmt::format("{} takes {} inputs, but {} has {} units", layer_name(layer), circuit(layer).size().k,
                            layer_name(layer - 1), circuit(layer - 1).size().n));
  images_transposed_ = BatchBuffer(inputs(), capacity());
  error_ = BatchBuffer(classes(), capacity());
  inputs_.reserve(layers());
}

ConstMatrixView Network::forward(ConstMatrixView images) {
  const Index B = images.rows();
  transpose(images, images_transposed_(B));
  inputs_.clear();
  inputs_.push_back({images, view(images_transposed_(B))});
  for (HiddenLayer& layer : hidden_) {
    const ConstMatrixView h = layer.forward(inputs_.back());
    inputs_.push_back({layer.by_sample(), h});
  }
  const ConstMatrixView logits = readout_->forward(inputs_.back());
  logits_ = logits.data();
  return logits;
}

LossSum Network::backward(std::span<const std::uint8_t> labels) {
  const ConstMatrixView logits(logits_, classes(), inputs_[0].batch());
  const LossSum sum = cross_entropy(logits, labels, label_smoothing_, readout_->learned_error());
  for (HiddenLayer& layer : hidden_) layer.transpose_activity();
  readout_->backward(inputs_.back());
  for (std::size_t layer = hidden_.size(); layer-- > 0;) hidden_[layer].backward(circuit(layer + 1), inputs_[layer]);
  return sum;
}

void Network::learn() {
  for (std::size_t layer = 0; layer < hidden_.size(); ++layer) hidden_[layer].learn(circuit(layer + 1));
}

LossSum Network::loss(std::span<const std::uint8_t> labels) {
  const Index B = inputs_[0].batch();
  return cross_entropy(ConstMatrixView(logits_, classes(), B), labels, label_smoothing_, error_(B));
}

std::string Network::layer_name(std::size_t layer) const {
  return layer < hidden_.size() ? fmt::format("hidden{}", layer) : "readout";
}

}  // namespace chandelier

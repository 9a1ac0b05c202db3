// The network: hidden layers and an E-I readout, with a forward and a backward pass.
//
//   images X [B x k] -> hidden0 -> ... -> readout -> logits [B x classes]
//   error of the logits, (softmax(logits) - target)/B -> readout -> ... -> hidden0

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "learning/hidden_layer.hpp"
#include "learning/loss.hpp"

namespace chandelier {

class Network {
 public:
  /// @param hidden  hidden layers from the lowest, whose input is the image
  /// @param readout  one unit per class; its z are the logits
  /// @throws Bug if the sizes do not fit together
  Network(std::vector<HiddenLayer> hidden, std::unique_ptr<Circuit> readout, double label_smoothing);

  /// Logits [classes x B] of images [B x k], B at most the capacity. The images must stay in memory until `backward`.
  ConstMatrixView forward(ConstMatrixView images);

  /// Loss of the last batch. Also computes the errors of all layers and what all parameters learn from.
  LossSum backward(std::span<const std::uint8_t> labels);

  /// Lets error normalizations and feedback record what they learn from this batch. Called by the optimizer.
  void learn();

  /// Loss of the last batch, without a backward pass.
  LossSum loss(std::span<const std::uint8_t> labels);

  Index inputs() const { return circuit(0).size().k; }
  Index classes() const { return readout_->size().n; }
  Index capacity() const { return readout_->size().capacity; }

  std::vector<HiddenLayer>& hidden() { return hidden_; }
  const std::vector<HiddenLayer>& hidden() const { return hidden_; }

  // All layers from the lowest; the readout is the last.
  std::size_t layers() const { return hidden_.size() + 1; }
  Circuit& circuit(std::size_t layer) { return layer < hidden_.size() ? hidden_[layer].circuit() : *readout_; }
  const Circuit& circuit(std::size_t layer) const {
    return layer < hidden_.size() ? hidden_[layer].circuit() : *readout_;
  }
  /// "hidden0", "hidden1", ..., "readout"
  std::string layer_name(std::size_t layer) const;
  /// The input of a layer in the last forward pass. Its X is valid after a backward pass.
  const Input& input(std::size_t layer) const { return inputs_[layer]; }

  /// Calls visit(layer, Learnable&) for every owner of parameters, from the lowest layer. `layer` is a name.
  template <class Visit>
  void for_each_learnable(Visit&& visit) {
    walk(*this, visit);
  }
  template <class Visit>
  void for_each_learnable(Visit&& visit) const {
    walk(*this, visit);
  }
  /// The same over all parameters: visit(layer, Parameter&).
  template <class Visit>
  void for_each_parameter(Visit&& visit) {
    for_each_learnable([&](const std::string& layer, Learnable& owner) {
      for (Parameter& parameter : owner.parameters()) visit(layer, parameter);
    });
  }
  template <class Visit>
  void for_each_parameter(Visit&& visit) const {
    for_each_learnable([&](const std::string& layer, const Learnable& owner) {
      for (const Parameter& parameter : owner.parameters()) visit(layer, parameter);
    });
  }

 private:
  template <class Self, class Visit>
  static void walk(Self& self, Visit& visit) {
    for (std::size_t layer = 0; layer < self.layers(); ++layer) {
      const std::string name = self.layer_name(layer);
      visit(name, self.circuit(layer));
      if (layer == self.hidden().size()) continue;
      visit(name, self.hidden()[layer].error_norm());
      auto& feedback = self.hidden()[layer].feedback();
      visit(self.layer_name(layer + (feedback.stands_for_weights_above() ? 1 : 0)), feedback);
    }
  }

  std::vector<HiddenLayer> hidden_;
  std::unique_ptr<Circuit> readout_;
  double label_smoothing_;
  BatchBuffer images_transposed_;  ///< [k x B]
  BatchBuffer error_;              ///< of the logits, if no backward pass follows
  const Real* logits_ = nullptr;
  std::vector<Input> inputs_;
};

}  // namespace chandelier

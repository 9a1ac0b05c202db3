// A counterpart of a network: the same weights with exact layer normalization, to compare task gradients with.

#pragma once

#include <cstdint>
#include <span>

#include "learning/network.hpp"
#include "training/alignment.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// Every hidden layer computes relu(LN(.)) of its drive, and errors are back-propagated exactly through it, in fp32 for
/// every `precision`. The drive is e = X Wex^T + b in circuits without inhibition or with inhibition that normalizes,
/// and e - s in circuits such as `ei`, whose inhibition is trained on the task.
class LayerNormTwin {
 public:
  /// @param capacity the largest batch
  LayerNormTwin(const Settings& settings, const Network& network, Index capacity);

  void take_weights_of(const Network& network);
  /// Runs the last batch of `network` forward and backward through the counterpart.
  void follow(const Network& network, std::span<const std::uint8_t> labels);
  const Network& network() const { return twin_; }

 private:
  Network twin_;
};

/// Cosine between the update direction of Wex, delta^T X, and the gradient of the counterpart.
/// @param x  the input of the layer of `network`
double task_gradient_alignment(const Network& network, const LayerNormTwin& twin, std::size_t layer,
                               const Presynaptic& x);

}  // namespace chandelier

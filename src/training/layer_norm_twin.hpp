// The same weights in a network with exact layer normalization: what the task gradient would be there.

#pragma once

#include <cstdint>
#include <span>

#include "learning/network.hpp"
#include "training/alignment.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// Every hidden layer computes relu(LN(.)) of its drive, and errors are back-propagated exactly through it. The drive
/// is e = X Wex^T + b where inhibition is (or could only be) normalization, and e - s in a circuit like `ei`, whose
/// inhibition belongs to its weights.
class LayerNormTwin {
 public:
  /// @param capacity the largest batch
  LayerNormTwin(const Settings& settings, const Network& network, Index capacity);

  void take_weights_of(const Network& network);
  /// Takes the last batch of `network` through the twin.
  void follow(const Network& network, std::span<const std::uint8_t> labels);
  const Network& network() const { return twin_; }

 private:
  Network twin_;
};

/// Cosine between the update direction of Wex, delta^T X, and the twin's gradient.
/// @param x what entered the layer of `network`
double task_gradient_alignment(const Network& network, const LayerNormTwin& twin, std::size_t layer,
                               const Presynaptic& x);

}  // namespace chandelier

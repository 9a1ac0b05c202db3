// The same weights in a network with exact layer normalization: what the task gradient would be there.

#pragma once

#include <cstdint>
#include <span>

#include "learning/network.hpp"
#include "training/alignment.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// Every hidden layer computes relu(LN(.)) of its drive, and errors are back-propagated exactly through it. The drive
/// is e = X Wex^T + b where inhibition is (or could only be) normalization, and e - s in the circuit `ei`, whose
/// inhibition belongs to its weights.
class LayerNormTwin {
 public:
  /// @param capacity the largest batch
  LayerNormTwin(const Settings& settings, const Network& network, Index capacity);

  /// Copies the weights of `network` and takes its last batch through the twin.
  void follow(const Network& network, std::span<const std::uint8_t> labels);

  /// The gradient of Wex of a hidden layer in the twin.
  GradientFactors gradient(std::size_t layer) const;

 private:
  Network twin_;
};

/// Cosine between the update direction of Wex, delta^T X, and the twin's gradient.
double task_gradient_alignment(const Network& network, const LayerNormTwin& twin, std::size_t layer);

}  // namespace chandelier

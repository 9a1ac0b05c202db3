// A trace: some steps of learning from given weights on given batches, with everything that happened inside.

#pragma once

#include <cstdint>
#include <span>

#include "base/safetensors.hpp"
#include "learning/optimizer.hpp"

namespace chandelier {

/// Trains `steps` steps on consecutive batches and records, for each step s, `step<s>.loss`, `step<s>.logits`, for each
/// hidden layer `step<s>.hidden0.` + excitation, inhibition, divisor, pre_z, z, activity, error, delta,
/// homeostatic_loss, layer_norm_distance, output_alignment, gradient_alignment, and
/// `step<s>.<layer>.gradient.<parameter>` for every parameter that learns; at the end the weights.
/// @param images [steps*batch x k], already jittered  @param labels as many, below the number of classes
TensorFile trace(Network& network, Optimizer& optimizer, ConstMatrixView images, std::span<const std::uint8_t> labels,
                 Index batch, Index steps);

}  // namespace chandelier

// A trace: training steps from given weights on given batches, with every signal and gradient inside them.

#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/safetensors.hpp"
#include "learning/optimizer.hpp"

namespace chandelier {

/// Takes images [B x k] forward and records, under names that begin with `prefix`: logits, and for each hidden layer
/// `hidden0.` + excitation, inhibition, divisor, pre_z, z, activity. A row is a sample; signals that a circuit does not
/// have are left out.
void trace_forward(Network& network, ConstMatrixView images, const std::string& prefix, TensorFile& file);

/// Takes one training step and records, in addition to `trace_forward`: loss; for each hidden layer error, delta,
/// delta_below, homeostatic_loss, layer_norm_distance, output_alignment and gradient_alignment; and
/// `<layer>.gradient.<parameter>` for every parameter that learns.
/// @param images [B x k], already jittered  @param labels [B], below the number of classes
void trace_step(Network& network, Optimizer& optimizer, ConstMatrixView images, std::span<const std::uint8_t> labels,
                const std::string& prefix, TensorFile& file);

/// Trains `steps` steps on consecutive batches and records each step s as `trace_step` does, under `step<s>.`, and
/// finally the weights.
/// @param images [steps*batch x k], already jittered  @param labels one per image, below the number of classes
TensorFile trace(Network& network, Optimizer& optimizer, ConstMatrixView images, std::span<const std::uint8_t> labels,
                 Index batch, Index steps);

}  // namespace chandelier

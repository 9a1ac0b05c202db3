// A trace: some steps of learning from given weights on given batches, with everything that happened inside.

#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/safetensors.hpp"
#include "learning/optimizer.hpp"

namespace chandelier {

/// Takes images [B x k] up and records, under names that begin with `prefix`: logits, and for each hidden layer
/// `hidden0.` + excitation, inhibition, divisor, pre_z, z, activity. A row is a sample; what a circuit does not have is
/// absent.
void trace_forward(Network& network, ConstMatrixView images, const std::string& prefix, TensorFile& file);

/// Takes one step of learning and records, beside what `trace_forward` does: loss, for each hidden layer error, delta,
/// homeostatic_loss, layer_norm_distance, output_alignment, gradient_alignment, and `<layer>.gradient.<parameter>` for
/// every parameter that learns.
/// @param images [B x k], already jittered  @param labels [B], below the number of classes
void trace_step(Network& network, Optimizer& optimizer, ConstMatrixView images, std::span<const std::uint8_t> labels,
                const std::string& prefix, TensorFile& file);

/// Trains `steps` steps on consecutive batches and records each step s as `trace_step` does, under `step<s>.`; at the
/// end the weights.
/// @param images [steps*batch x k], already jittered  @param labels as many, below the number of classes
TensorFile trace(Network& network, Optimizer& optimizer, ConstMatrixView images, std::span<const std::uint8_t> labels,
                 Index batch, Index steps);

}  // namespace chandelier

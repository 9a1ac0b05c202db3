// The task loss: softmax cross-entropy with label smoothing, mean over the batch.

#pragma once

#include <cstdint>
#include <span>

#include "base/matrix.hpp"

namespace chandelier {

/// What a batch of logits is worth.
struct LossSum {
  double loss = 0;        ///< sum over the samples (divide by their number for the mean), smoothing included
  std::int64_t hits = 0;  ///< samples whose largest logit is the label
};

/// With target_c = (1 - smoothing) 1[c = label] + smoothing/classes:
///   loss = -sum_c target_c log softmax(logits)_c,   error = (softmax(logits) - target) / B.
/// @param logits [classes x B]  @param labels [B], below the number of classes
/// @param error [classes x B], the derivative of the batch's mean loss
LossSum cross_entropy(ConstMatrixView logits, std::span<const std::uint8_t> labels, double smoothing, MatrixView error);

/// The class with the largest logit, the first of equals.
std::uint8_t predicted_class(ConstMatrixView logits, Index sample);

}  // namespace chandelier

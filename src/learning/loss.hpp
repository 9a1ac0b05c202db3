// The task loss: softmax cross-entropy with label smoothing, averaged over the batch.

#pragma once

#include <cstdint>
#include <span>

#include "base/matrix.hpp"

namespace chandelier {

/// Loss and accuracy of a batch, as sums.
struct LossSum {
  double loss = 0;        ///< sum over samples, with label smoothing
  std::int64_t hits = 0;  ///< samples whose largest logit is the label
};

/// With target_c = (1 - smoothing) 1[c = label] + smoothing/classes:
///   loss = -sum_c target_c log softmax(logits)_c,   error = (softmax(logits) - target) / B.
/// @param logits  [classes x B]
/// @param labels  [B], each below the number of classes
/// @param error  [classes x B], gets the derivative of the mean loss of the batch
LossSum cross_entropy(ConstMatrixView logits, std::span<const std::uint8_t> labels, double smoothing, MatrixView error);

/// The class with the largest logit; the first one of several.
std::uint8_t predicted_class(ConstMatrixView logits, Index sample);

}  // namespace chandelier

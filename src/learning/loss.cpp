#include "learning/loss.hpp"

#include <algorithm>
#include <cmath>

namespace chandelier {

LossSum cross_entropy(ConstMatrixView logits, std::span<const std::uint8_t> labels, double smoothing,
                      MatrixView error) {
  const Index classes = logits.rows(), B = logits.cols();
  const double off = smoothing / static_cast<double>(classes);
  LossSum sum;
  for (Index b = 0; b < B; ++b) {
    const Index label = labels[static_cast<std::size_t>(b)];
    double largest = logits(0, b), mean = 0;
    for (Index c = 0; c < classes; ++c) {
      largest = std::max<double>(largest, logits(c, b));
      mean += static_cast<double>(logits(c, b)) / static_cast<double>(classes);
    }
    double partition = 0;
    for (Index c = 0; c < classes; ++c) {
      const Real share = std::exp(static_cast<Real>(logits(c, b) - largest));
      error(c, b) = share;
      partition += share;
    }
    // -sum_c target_c (logit_c - log Z); the targets sum to 1
    sum.loss += largest + std::log(partition) - (1 - smoothing) * logits(label, b) - smoothing * mean;
    sum.hits += predicted_class(logits, b) == label;
    for (Index c = 0; c < classes; ++c) {
      const double target = off + (c == label ? 1 - smoothing : 0);
      error(c, b) = static_cast<Real>((error(c, b) / partition - target) / static_cast<double>(B));
    }
  }
  return sum;
}

std::uint8_t predicted_class(ConstMatrixView logits, Index sample) {
  Index best = 0;
  for (Index c = 1; c < logits.rows(); ++c)
    if (logits(c, sample) > logits(best, sample)) best = c;
  return static_cast<std::uint8_t>(best);
}

}  // namespace chandelier

#include "training/evaluation.hpp"

#include <algorithm>
#include <numeric>

namespace chandelier {

Evaluation evaluate(Network& network, const ImageSource& source, std::uint32_t epoch, Batch& batch,
                    std::vector<std::uint8_t>* predicted) {
  const Index step = std::min(kEvaluationBatch, batch.capacity());
  std::vector<std::uint32_t> which(static_cast<std::size_t>(step));
  LossSum sum;
  for (Index first = 0; first < source.size(); first += step) {
    const Index count = std::min(step, source.size() - first);
    which.resize(static_cast<std::size_t>(count));
    std::iota(which.begin(), which.end(), static_cast<std::uint32_t>(first));
    source.read(which, epoch, batch);
    const ConstMatrixView logits = network.forward(std::as_const(batch).images());
    const LossSum part = network.loss(batch.labels());
    sum.loss += part.loss;
    sum.hits += part.hits;
    if (predicted != nullptr)
      for (Index b = 0; b < count; ++b) predicted->push_back(predicted_class(logits, b));
  }
  const auto images = static_cast<double>(source.size());
  return {sum.loss / images, static_cast<double>(sum.hits) / images};
}

}  // namespace chandelier

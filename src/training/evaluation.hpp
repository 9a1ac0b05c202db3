// Loss and accuracy of a network on a source of images.

#pragma once

#include <cstdint>
#include <vector>

#include "data/image_source.hpp"
#include "learning/network.hpp"

namespace chandelier {

/// Images per forward pass of an evaluation; few enough for all activity to stay in the cache.
inline constexpr Index kEvaluationBatch = 64;

struct Evaluation {
  double loss = 0;      ///< mean over the images, label smoothing included
  double accuracy = 0;  ///< fraction
};

/// Evaluates all images of a source, with the jitter of this epoch.
/// @param batch  buffer for at most as many images as the network takes at once
/// @param predicted  if not null, receives the predicted class of every image
Evaluation evaluate(Network& network, const ImageSource& source, std::uint32_t epoch, Batch& batch,
                    std::vector<std::uint8_t>* predicted = nullptr);

}  // namespace chandelier

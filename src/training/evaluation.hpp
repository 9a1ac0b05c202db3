// How well a network does on a source of images.

#pragma once

#include <cstdint>
#include <vector>

#include "data/image_source.hpp"
#include "learning/network.hpp"

namespace chandelier {

/// Images of one forward pass of an evaluation: few, so that all activity stays in the cache.
inline constexpr Index kEvaluationBatch = 64;

struct Evaluation {
  double loss = 0;      ///< mean over the images, label smoothing included
  double accuracy = 0;  ///< fraction
};

/// Evaluates on all images of a source as they are drawn in this epoch.
/// @param batch room for up to the network's capacity of images
/// @param predicted where not null, gets the predicted class of every image
Evaluation evaluate(Network& network, const ImageSource& source, std::uint32_t epoch, Batch& batch,
                    std::vector<std::uint8_t>* predicted = nullptr);

}  // namespace chandelier

// Mean normalization.   y = z - mean_j z,   own: g - mean_j g

#pragma once

#include <memory>

#include "normalization/activity_normalization.hpp"

namespace chandelier {

/// Subtracts the mean over units of each sample.
/// @param n  units of the layer  @param capacity  largest batch size
std::unique_ptr<ActivityNormalization> activity_mean(Index n, Index capacity);

}  // namespace chandelier

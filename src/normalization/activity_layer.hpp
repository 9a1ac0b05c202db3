// Layer normalization.   y = (z - mean_j z)/sd,   own: (g - mean_j g - y (sum_j g y)/n) / sd

#pragma once

#include <memory>

#include "normalization/activity_normalization.hpp"

namespace chandelier {

/// Subtracts the mean over units of each sample and divides by its sd = sqrt(var_j z + tau).
/// @param n  units of the layer  @param capacity  largest batch size
std::unique_ptr<ActivityNormalization> activity_layer(Index n, Index capacity);

}  // namespace chandelier

// Layer normalization.   y = (z - mean_j z)/sd,   own: (g - mean_j g - y (sum_j g y)/n) / sd

#pragma once

#include <memory>

#include "normalization/activity_normalization.hpp"

namespace chandelier {

/// Subtracts the mean over units and divides by sd = sqrt(var_j z + tau) of each sample.
/// @param n units of the layer  @param capacity the largest batch
std::unique_ptr<ActivityNormalization> activity_layer(Index n, Index capacity);

}  // namespace chandelier

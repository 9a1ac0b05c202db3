// Variance normalization.   y = z / sd,   own: g/sd - (z - mean_j z) (sum_j g z)/(n sd^3)

#pragma once

#include <memory>

#include "normalization/activity_normalization.hpp"

namespace chandelier {

/// Divides each sample by its sd = sqrt(var_j z + tau).
/// @param n  units of the layer  @param capacity  largest batch size
std::unique_ptr<ActivityNormalization> activity_variance(Index n, Index capacity);

}  // namespace chandelier

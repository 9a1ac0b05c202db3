// No activity normalization.   y = z,   own: g

#pragma once

#include <memory>

#include "normalization/activity_normalization.hpp"

namespace chandelier {

/// Leaves z unchanged.
/// @param n  units of the layer  @param capacity  largest batch size
std::unique_ptr<ActivityNormalization> activity_none(Index n, Index capacity);

}  // namespace chandelier

// Scaling the error.   N(g) = g / sd,   sd = sqrt(var_j z + tau)

#pragma once

#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Divides the error by the standard deviation of the activity.
/// @param capacity  largest batch size
std::unique_ptr<ErrorNormalization> error_scale(Index capacity);

}  // namespace chandelier

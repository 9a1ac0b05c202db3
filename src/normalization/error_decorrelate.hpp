// Decorrelating the error from the activity.   N(g) = g - z (sum_j g z)/n

#pragma once

#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Removes the part of the error along the activity.
/// @param capacity  largest batch size
std::unique_ptr<ErrorNormalization> error_decorrelate(Index capacity);

}  // namespace chandelier

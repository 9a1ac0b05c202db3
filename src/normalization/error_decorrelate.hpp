// Decorrelating the error from the activity.   N(g) = g - z (sum_j g z)/n

#pragma once

#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Takes the part along the activity out of the error.
/// @param capacity the largest batch
std::unique_ptr<ErrorNormalization> error_decorrelate(Index capacity);

}  // namespace chandelier

// Centring the error.   N(g) = g - mean_j g

#pragma once

#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Removes the uniform part of the error.
/// @param capacity  largest batch size
std::unique_ptr<ErrorNormalization> error_center(Index capacity);

}  // namespace chandelier

// Centring the error.   N(g) = g - mean_j g

#pragma once

#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Takes the uniform mode out of the error.
/// @param capacity the largest batch
std::unique_ptr<ErrorNormalization> error_center(Index capacity);

}  // namespace chandelier

// Random lateral inhibition of the error.   N(g) = g - sum_j a_j g_j,   a_j ~ U(0,1) / sum, fixed for each layer

#pragma once

#include <cstdint>
#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Subtracts a fixed weighted mean from the error.
/// @param n  units of the layer
/// @param capacity  largest batch size
/// @param layer  number of the layer, from the lowest; keys the draws of a_j, with the seed
std::unique_ptr<ErrorNormalization> error_lateral(Index n, Index capacity, std::uint64_t seed, std::uint32_t layer);

}  // namespace chandelier

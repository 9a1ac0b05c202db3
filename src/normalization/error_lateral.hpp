// Random lateral inhibition of the error.   N(g) = g - sum_j a_j g_j,   a_j ~ U(0,1) / sum, fixed per layer

#pragma once

#include <cstdint>
#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Takes a fixed weighted mean out of the error.
/// @param n units of the layer  @param layer its number from below, which with the seed keys the a_j
/// @param capacity the largest batch
std::unique_ptr<ErrorNormalization> error_lateral(Index n, Index capacity, std::uint64_t seed, std::uint32_t layer);

}  // namespace chandelier

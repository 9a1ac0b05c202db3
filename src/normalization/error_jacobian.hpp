// The Jacobian of layer normalization.   N(g) = (g - mean_j g - y (sum_j g y)/n) / sd,   y = LN(z)

#pragma once

#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// The exact Jacobian of layer normalization at z. Not in the paper.
/// @param n  units of the layer  @param capacity  largest batch size
std::unique_ptr<ErrorNormalization> error_jacobian(Index n, Index capacity);

}  // namespace chandelier

// Full normalization of the error.   N(g) = (g - mean_j g - z (sum_j g z)/n) / sd,   sd = sqrt(var_j z + tau)

#pragma once

#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Has the form of layer normalization's Jacobian, with z in place of LN(z).
/// @param capacity  largest batch size
std::unique_ptr<ErrorNormalization> error_full(Index capacity);

}  // namespace chandelier

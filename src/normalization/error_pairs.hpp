// Two of the three components of full error normalization. They complete the 2 x 2 x 2 factorial. Not in the paper.
//
//   center-scale         N(g) = (g - mean_j g) / sd                 sd = sqrt(var_j z + tau)
//   decorrelate-scale    N(g) = (g - z (sum_j g z)/n) / sd
//   center-decorrelate   N(g) = g - mean_j g - z (sum_j g z)/n

#pragma once

#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// All three: @param capacity  largest batch size
std::unique_ptr<ErrorNormalization> error_center_scale(Index capacity);
std::unique_ptr<ErrorNormalization> error_decorrelate_scale(Index capacity);
std::unique_ptr<ErrorNormalization> error_center_decorrelate(Index capacity);

}  // namespace chandelier

// The Jacobian of the layer's own activity normalization ("LN+"). Training is then exact back-propagation.
//
//   of none      N(g) = g
//   of mean      N(g) = g - mean_j g
//   of variance  N(g) = g/sd - (z - mean_j z) (sum_j g z)/(n sd^3)   z before normalization
//   of layer     N(g) = (g - mean_j g - y (sum_j g y)/n) / sd        y = (z - mean_j z)/sd, sd = sqrt(var_j z + tau)

#pragma once

#include <memory>

#include "normalization/activity_normalization.hpp"
#include "normalization/error_normalization.hpp"

namespace chandelier {

/// N(g) = g times the Jacobian of `activity` (activity_*.hpp), which must outlive the result.
std::unique_ptr<ErrorNormalization> error_own(const ActivityNormalization& activity);

}  // namespace chandelier

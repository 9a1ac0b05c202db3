// Controls: a normalization changes the direction and the size of the error at once; these keep one of the two.
//
//   direction   N(g) |g|/|N(g)|      the new direction at the old size
//   magnitude   g |N(g)|/|g|         the old direction at the new size     (0 where a norm is 0)

#pragma once

#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// `direction` of another rule, norms taken over the units of each sample.
/// @param capacity the largest batch
std::unique_ptr<ErrorNormalization> error_direction(std::unique_ptr<ErrorNormalization> rule, Index capacity);

/// `magnitude` of another rule, norms taken over the units of each sample.
/// @param capacity the largest batch
std::unique_ptr<ErrorNormalization> error_magnitude(std::unique_ptr<ErrorNormalization> rule, Index capacity);

}  // namespace chandelier

// Controls: an error normalization changes both the direction and the size of the error. These keep only one change.
//
//   direction   N(g) |g|/|N(g)|      the new direction with the old size
//   magnitude   g |N(g)|/|g|         the old direction with the new size     (0 if a norm is 0)

#pragma once

#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// `direction` of another rule. Norms are over the units of each sample.
/// @param capacity  largest batch size
std::unique_ptr<ErrorNormalization> error_direction(std::unique_ptr<ErrorNormalization> rule, Index capacity);

/// `magnitude` of another rule. Norms are over the units of each sample.
/// @param capacity  largest batch size
std::unique_ptr<ErrorNormalization> error_magnitude(std::unique_ptr<ErrorNormalization> rule, Index capacity);

}  // namespace chandelier

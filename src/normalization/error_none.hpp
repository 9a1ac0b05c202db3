// No error normalization: activity alone is normalized.   N(g) = g

#pragma once

#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Hands the error through unchanged.
std::unique_ptr<ErrorNormalization> error_none();

}  // namespace chandelier

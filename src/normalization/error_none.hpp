// No error normalization.   N(g) = g

#pragma once

#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Leaves the error unchanged.
std::unique_ptr<ErrorNormalization> error_none();

}  // namespace chandelier

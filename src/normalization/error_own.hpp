// The Jacobian of the layer's own activity normalization ("LN+"). Training is then exact back-propagation.

#pragma once

#include <memory>

#include "normalization/activity_normalization.hpp"
#include "normalization/error_normalization.hpp"

namespace chandelier {

/// N(g) = g times the Jacobian of `activity` (activity_*.cpp), which must outlive the result.
std::unique_ptr<ErrorNormalization> error_own(const ActivityNormalization& activity);

}  // namespace chandelier

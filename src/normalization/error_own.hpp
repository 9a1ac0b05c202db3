// The true Jacobian of the layer's own activity normalization ("LN+"): training is exact back-propagation.

#pragma once

#include <memory>

#include "normalization/activity_normalization.hpp"
#include "normalization/error_normalization.hpp"

namespace chandelier {

/// N(g) = g through the Jacobian of `activity`, which stands beside its equation in activity_*.cpp and must outlive it.
std::unique_ptr<ErrorNormalization> error_own(const ActivityNormalization& activity);

}  // namespace chandelier

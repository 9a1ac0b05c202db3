// The convention of this folder: what is undefined is NaN, never 0 or 1. A statistic of values of which one is not
// finite is undefined.

#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace chandelier {

inline bool all_finite(std::span<const double> values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

}  // namespace chandelier

// The convention of this folder: an undefined statistic is NaN, never 0 or 1. It is undefined if one of the values is
// not finite.

#pragma once

#include <algorithm>
#include <cmath>
#include <span>

namespace chandelier {

inline bool all_finite(std::span<const double> values) {
  return std::ranges::all_of(values, [](double value) { return std::isfinite(value); });
}

}  // namespace chandelier

#pragma once

#include <vector>

namespace chandelier {

/// The q-quantile, by linear interpolation between the order statistics x_(1) <= ... <= x_(n) at position
/// 1 + q (n - 1). This is type 7 of Hyndman and Fan (1996), NumPy's default. NaN if there are no values.
/// @param q  from 0 to 1; @throws Bug for other values
double quantile(std::vector<double> values, double q);

}  // namespace chandelier

#pragma once

#include <vector>

namespace chandelier {

/// The q-quantile by linear interpolation between order statistics x_(1) <= ... <= x_(n): the value at place
/// 1 + q (n - 1), which is type 7 of Hyndman and Fan (1996) and NumPy's default. NaN for no values.
/// @param q  0 to 1  @throws Bug outside
double quantile(std::vector<double> values, double q);

}  // namespace chandelier

// Robust averages: median and interquartile mean. Quantiles are in base/quantile.hpp.

#pragma once

#include <span>

namespace chandelier {

/// The 1/2-quantile: the middle value, or the mean of the two middle ones. NaN for no values, or if one is NaN.
double median(std::span<const double> values);

/// Interquartile mean (Agarwal et al. 2021, as in their library rliable): the mean without the floor(n/4) smallest and
/// largest values. Tolerates outliers in a quarter of the runs, and has a smaller error than the median. NaN for no
/// values, or if one is NaN.
double interquartile_mean(std::span<const double> values);

}  // namespace chandelier

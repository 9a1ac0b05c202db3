// Middles that outliers do not move. The quantiles themselves stand in base/quantile.hpp.

#pragma once

#include <span>

namespace chandelier {

/// The 1/2-quantile: the middle value, or the mean of the two middle ones. NaN for no values, or where one is NaN.
double median(std::span<const double> values);

/// Interquartile mean (Agarwal et al. 2021, as their library rliable): the mean of what is left when floor(n/4) values
/// are taken off at either end. Bears outliers in a quarter of the runs, and has smaller error than the median. NaN for
/// no values, or where one is NaN.
double interquartile_mean(std::span<const double> values);

}  // namespace chandelier

#include "statistics/quantiles.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/quantile.hpp"
#include "statistics/paired.hpp"

namespace chandelier {
namespace {

bool any_nan(std::span<const double> values) {
  return std::ranges::any_of(values, [](double value) { return std::isnan(value); });
}

}  // namespace

double median(std::span<const double> values) {
  return any_nan(values) ? NAN : quantile({values.begin(), values.end()}, 0.5);
}

double interquartile_mean(std::span<const double> values) {
  if (any_nan(values)) return NAN;
  std::vector<double> sorted(values.begin(), values.end());
  std::ranges::sort(sorted);
  const std::size_t cut = sorted.size() / 4;
  return sample_mean(std::span(sorted).subspan(cut, sorted.size() - 2 * cut));
}

}  // namespace chandelier

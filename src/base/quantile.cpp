#include "base/quantile.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace chandelier {

double quantile(std::vector<double> values, double q) {
  if (!(q >= 0 && q <= 1)) throw Bug(fmt::format("the {}-quantile", q));
  if (values.empty()) return NAN;
  std::sort(values.begin(), values.end());
  const double place = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const std::size_t above = std::min(below + 1, values.size() - 1);
  return values[below] + (place - static_cast<double>(below)) * (values[above] - values[below]);
}

}  // namespace chandelier

#include "statistics/holm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace chandelier {

std::vector<double> holm_adjusted(std::span<const double> p) {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < p.size(); ++i) {
    if (p[i] < 0 || p[i] > 1) throw Bug(fmt::format("holm_adjusted of p = {}", p[i]));
    if (!std::isnan(p[i])) order.push_back(i);
  }
  std::ranges::sort(order, {}, [&](std::size_t i) { return p[i]; });

  std::vector<double> adjusted(p.size(), NAN);
  auto hypotheses = static_cast<double>(p.size());
  double largest = 0;
  for (const std::size_t i : order) {
    largest = std::max(largest, std::min(1.0, hypotheses * p[i]));
    adjusted[i] = largest;
    --hypotheses;
  }
  return adjusted;
}

double simultaneous_level(double confidence, int m) {
  if (!(confidence > 0 && confidence < 1) || m < 1)
    throw Bug(fmt::format("simultaneous_level of {} intervals at {}", m, confidence));
  return 1 - (1 - confidence) / m;
}

}  // namespace chandelier

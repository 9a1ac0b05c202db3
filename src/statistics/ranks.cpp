#include "statistics/ranks.hpp"

#include <algorithm>
#include <numeric>

namespace chandelier {

Ranks ranks_of(std::span<const double> values) {
  std::vector<std::size_t> order(values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::sort(order, {}, [&](std::size_t i) { return values[i]; });

  Ranks result;
  result.ranks.resize(values.size());
  for (std::size_t first = 0, end = 0; first < order.size(); first = end) {
    while (end < order.size() && values[order[end]] == values[order[first]]) ++end;
    const double midrank = (static_cast<double>(first) + 1 + static_cast<double>(end)) / 2;
    for (std::size_t i = first; i < end; ++i) result.ranks[order[i]] = midrank;
    const auto t = static_cast<double>(end - first);
    result.tie_term += t * t * t - t;
  }
  return result;
}

}  // namespace chandelier

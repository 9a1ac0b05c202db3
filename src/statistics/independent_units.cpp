#include "statistics/independent_units.hpp"

#include <algorithm>
#include <map>
#include <numeric>

namespace chandelier {

std::vector<std::size_t> independent_units(std::span<const std::set<CountedRun>> runs_of) {
  std::vector<std::size_t> component(runs_of.size());
  std::iota(component.begin(), component.end(), 0);
  std::map<CountedRun, std::size_t> first_with;
  for (std::size_t unit = 0; unit < runs_of.size(); ++unit)
    for (const CountedRun& run : runs_of[unit]) {
      const auto [low, high] = std::minmax(component[unit], component[first_with.emplace(run, unit).first->second]);
      if (low != high) std::ranges::replace(component, std::size_t(high), std::size_t(low));
    }
  return component;
}

}  // namespace chandelier

#include "report/search_edges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "report/plain_text.hpp"
#include "statistics/comparison.hpp"
#include "statistics/quantiles.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

constexpr double kEdge = 0.1;       // share of the range at either end
constexpr double kLogRatio = 5;     // largest/smallest value from which on a log scale is assumed
constexpr std::size_t kFewest = 3;  // fewest draws that count as a search

/// A draw of one condition.
struct Draw {
  const Settings* settings;
  std::vector<double> percents;

  double mean() const { return sample_mean(percents); }
};

/// The draws of a condition that have an outcome, best first.
std::vector<Draw> ranked_draws(std::span<const StudyResult> results, std::string_view condition) {
  std::map<int, Draw> draws;
  for (const StudyResult& result : results) {
    if (result.run.condition != condition) continue;
    if (const auto percent = test_percent(result, Diverged::at_chance)) {
      Draw& draw = draws[result.run.draw];
      draw.settings = &result.run.settings;
      draw.percents.push_back(*percent);
    }
  }
  std::vector<Draw> ranked;
  ranked.reserve(draws.size());
  for (auto& [_, draw] : draws) ranked.push_back(std::move(draw));
  std::ranges::stable_sort(ranked, std::ranges::greater{}, &Draw::mean);
  return ranked;
}

/// The range in which a setting was searched. @param values  values of the draws, not all equal
SearchedRange range_of(const Setting& setting, const Draws& draws, std::span<const double> values) {
  if (draws.source == "random")
    for (const DrawnSetting& drawn : draws.settings)
      if (drawn.key == setting.key && drawn.range) return *drawn.range;
  const auto [low, high] = std::ranges::minmax(values);
  return {low, high, low > 0 && high >= kLogRatio * low};
}

/// Whether even the best draw does no better than chance, so that there is no optimum.
bool learned_nothing(std::span<const Draw> ranked) {
  constexpr double kHardlyAboveChance = 1.1;
  return ranked.front().mean() <= kHardlyAboveChance * 100 / ranked.front().settings->classes;
}

/// The line about one setting. Empty if the best draws lie inside the range.
std::string about(const Setting& setting, const Draws& draws, std::string_view condition,
                  std::span<const Draw> ranked) {
  std::vector<double> values;
  for (const Draw& draw : ranked) {
    const auto value = number_of(setting.of(*draw.settings));
    if (!value) return {};
    values.push_back(*value);
  }
  if (std::ranges::min(values) == std::ranges::max(values)) return {};
  const auto [low, high, logarithmic] = range_of(setting, draws, values);
  const std::size_t best = (ranked.size() + 9) / 10;
  std::vector<double> places;
  for (const double value : std::span(values).first(best))
    places.push_back(logarithmic ? std::log(value / low) / std::log(high / low) : (value - low) / (high - low));
  const double place = median(places);
  if (place >= kEdge && place <= 1 - kEdge) return {};
  return wrapped(fmt::format("{}, {}: the best {} of {} draws at the {} end of {:.4g} to {:.4g}", condition,
                             setting.key, best, ranked.size(), place < kEdge ? "low" : "high", low, high),
                 2);
}

}  // namespace

std::string search_edges(std::span<const StudyResult> results, const Draws& draws) {
  std::string text;
  for (const std::string_view condition : conditions_of(results)) {
    const std::vector<Draw> ranked = ranked_draws(results, condition);
    if (ranked.size() < kFewest || learned_nothing(ranked)) continue;
    for (const Setting& setting : setting_list())
      if (setting.key != "epsilon") text += about(setting, draws, condition, ranked);
  }
  if (text.empty()) return {};
  return "Optima at the edge of the searched range; the true optimum may lie beyond it\n" + text;
}

}  // namespace chandelier

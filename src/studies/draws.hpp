// Hyper-parameter draws: the values of settings that a study tries, the same in every condition.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "training/settings.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {

/// The searched range of a setting; for a grid or a list, from the smallest to the largest value.
struct SearchedRange {
  double low;
  double high;
  bool logarithmic;  ///< drawn evenly in log10
};

/// A setting whose value depends on the draw.
struct DrawnSetting {
  std::string key;
  std::optional<SearchedRange> range;  ///< if it is a number
};

struct Draws {
  std::string_view source;                        ///< table of the plan: "grid", "draws" or "random"; empty without one
  std::vector<DrawnSetting> settings;             ///< in the order of the list of settings
  std::vector<std::vector<SettingValue>> values;  ///< [draw][setting]; a plan without draws has one empty draw
};

/// Limit for runs and draws; a plan with more is most likely a mistake.
constexpr std::size_t kMostRuns = 100'000;

/// The key of a plan that varies this setting instead of draws; empty if it can be drawn. Conditions, epsilons, seeds
/// and data sets have their own keys.
std::string_view varied_by(std::string_view key);

/// Reads the draws of a plan from [grid], [[draws]] or [random], of which it may have one:
///
///   [grid]                                       [[draws]]        [random]
///   lr = [0.001, 0.01]    # all combinations     lr = 0.003       draws = 30
///   width = [100, 200]                           width = 200      seed = 0
///                                                                 lr = { log_uniform = [1e-3, 1e-2] }
///                                                                 momentum = { uniform = [0, 0.5] }
///                                                                 width = { integer = [100, 499] }   # both ends
///
/// A random value depends only on the seed of [random], the name of its setting and the number of the draw, so adding
/// draws or settings changes no other value. log_uniform is 10^U(log10 low, log10 high). Numbers are rounded to 6
/// significant digits, so that they are the same on all machines, however their logarithms round.
/// @param plan    the whole table of the plan
/// @param origin  the file, with which error messages start
/// @throws SettingError naming file, table, setting and value.
Draws read_draws(const toml::table& plan, const std::string& origin);

}  // namespace chandelier

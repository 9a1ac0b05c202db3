// Hyper-parameter draws: the values of settings that a study tries, the same ones in every condition.

#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "training/settings.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {

/// Where the values of a setting were searched; of a grid or a list, from the smallest to the largest.
struct SearchedRange {
  double low;
  double high;
  bool logarithmic;  ///< drawn evenly in log10
};

/// A setting whose value depends on the draw.
struct DrawnSetting {
  std::string key;
  std::optional<SearchedRange> range;  ///< of numbers
};

struct Draws {
  std::string_view source;                        ///< "grid", "draws" or "random": the plan's table; empty without one
  std::vector<DrawnSetting> settings;             ///< in the order of the list of settings
  std::vector<std::vector<SettingValue>> values;  ///< [draw][setting]; a plan without draws has one, of nothing
};

/// More runs than this are a mistake, so more draws are, too.
constexpr std::size_t kMostRuns = 100'000;

/// Why a study cannot draw or override this setting; empty where it can. Conditions, epsilons, seeds and data sets are
/// varied by keys of their own.
std::string_view varied_by(std::string_view key);

/// Reads the draws of a plan from [grid], [[draws]] or [random], of which it has one at most:
///
///   [grid]                                       [[draws]]        [random]
///   lr = [0.001, 0.01]    # all combinations     lr = 0.003       draws = 30
///   width = [100, 200]                           width = 200      seed = 0
///                                                                 lr = { log_uniform = [1e-3, 1e-2] }
///                                                                 momentum = { uniform = [0, 0.5] }
///                                                                 width = { integer = [100, 499] }   # both ends
///
/// A random value depends on the seed of [random], the name of its setting and the number of the draw alone, so more
/// draws or another setting change no other value. log_uniform is 10^U(log10 low, log10 high). Numbers have 6
/// significant digits: what a machine's logarithm rounds otherwise is the same value everywhere.
/// @param plan    the plan's whole table
/// @param origin  the file, which begins the error sentences
/// @throws SettingError naming file, table, setting and value.
Draws read_draws(const toml::table& plan, const std::string& origin);

}  // namespace chandelier

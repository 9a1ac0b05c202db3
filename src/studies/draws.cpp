#include "studies/draws.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "base/error.hpp"
#include "base/random.hpp"
#include "base/suggestion.hpp"
#include "training/setting_list.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

constexpr std::array<std::string_view, 3> kSources{"grid", "draws", "random"};
constexpr std::array<std::string_view, 3> kDistributions{"log_uniform", "uniform", "integer"};

/// One value of a setting, read as in a table of settings.
SettingValue value_of(const Setting& setting, const toml::node& node, const std::string& origin) {
  toml::table one;
  one.insert(setting.key, node);
  return given_from_toml(one, origin).find(setting.key)->value;
}

/// The settings that a table of draws names, in the order of the list of settings.
std::vector<const Setting*> settings_in(const toml::table& table, const std::string& origin,
                                        std::span<const std::string_view> other_keys = {}) {
  std::vector<const Setting*> settings;
  for (const auto& [key, value] : table) {
    if (std::find(other_keys.begin(), other_keys.end(), key.str()) != other_keys.end()) continue;
    const Setting* const setting = find_setting(key.str());
    if (setting == nullptr) throw unknown_setting(key.str(), origin);
    if (const std::string_view other = varied_by(key.str()); !other.empty())
      throw SettingError(fmt::format("{}: {} cannot be drawn; vary it with {}", origin, key.str(), other));
    settings.push_back(setting);
  }
  if (settings.empty()) throw SettingError(fmt::format("{}: no setting is drawn; name at least one", origin));
  std::sort(settings.begin(), settings.end());  // pointers into one array
  return settings;
}

std::string keys_of(const std::vector<const Setting*>& settings) {
  std::string keys;
  for (const Setting* const setting : settings) keys += fmt::format("{}{}", keys.empty() ? "" : ", ", setting->key);
  return keys;
}

/// From the smallest to the largest value of a setting; none if the values are not numbers.
std::optional<SearchedRange> range_of(const std::vector<std::vector<SettingValue>>& draws, std::size_t setting) {
  std::vector<double> numbers;
  for (const auto& draw : draws) {
    const auto number = number_of(draw[setting]);
    if (!number) return std::nullopt;
    numbers.push_back(*number);
  }
  const auto [low, high] = std::minmax_element(numbers.begin(), numbers.end());
  return SearchedRange{*low, *high, false};
}

Draws listed(std::string_view source, const std::vector<const Setting*>& settings,
             std::vector<std::vector<SettingValue>> values) {
  Draws draws{source, {}, std::move(values)};
  for (std::size_t i = 0; i < settings.size(); ++i)
    draws.settings.push_back({std::string(settings[i]->key), range_of(draws.values, i)});
  return draws;
}

Draws grid(const toml::table& table, const std::string& origin) {
  const std::vector<const Setting*> settings = settings_in(table, origin);
  std::vector<std::vector<SettingValue>> draws{{}};
  for (const Setting* const setting : settings) {
    const toml::array* const items = table[setting->key].as_array();
    if (items != nullptr && items->empty())
      throw SettingError(fmt::format("{}: {} is empty, so there is nothing to try", origin, setting->key));
    if (items == nullptr)
      throw SettingError(fmt::format("{}: {} must be a list of the values to try", origin, setting->key));
    std::vector<SettingValue> values;
    for (const toml::node& item : *items) {
      values.push_back(value_of(*setting, item, origin));
      if (std::count(values.begin(), values.end(), values.back()) > 1)
        throw SettingError(fmt::format("{}: {} names {} twice", origin, setting->key, text_of(values.back())));
    }
    if (draws.size() * values.size() > kMostRuns)
      throw SettingError(
          fmt::format("{}: the combinations make more than {} draws; list fewer values", origin, kMostRuns));
    // The last setting varies fastest.
    std::vector<std::vector<SettingValue>> longer;
    for (const auto& draw : draws)
      for (const SettingValue& value : values) {
        longer.push_back(draw);
        longer.back().push_back(value);
      }
    draws = std::move(longer);
  }
  return listed("grid", settings, std::move(draws));
}

Draws list(const toml::node& node, const std::string& file) {
  const toml::array* const tables = node.as_array();
  if (tables == nullptr || tables->empty() || !tables->is_homogeneous<toml::table>())
    throw SettingError(fmt::format(
        "{}: draws must be tables, one [[draws]] for each draw; for a number of random draws, use [random]", file));
  const auto origin = [&](std::size_t draw) { return fmt::format("{}, [[draws]] {}", file, draw); };
  const std::vector<const Setting*> settings = settings_in(*tables->get(0)->as_table(), origin(0));
  std::vector<std::vector<SettingValue>> draws;
  for (const toml::node& item : *tables) {
    const std::size_t number = draws.size();
    const toml::table& table = *item.as_table();
    if (const auto here = settings_in(table, origin(number)); here != settings)
      throw SettingError(fmt::format("{}: it sets {}, but draw 0 sets {}; every draw must set the same settings",
                                     origin(number), keys_of(here), keys_of(settings)));
    std::vector<SettingValue>& draw = draws.emplace_back();
    for (const Setting* const setting : settings)
      draw.push_back(value_of(*setting, *table[setting->key].node(), origin(number)));
    if (const auto same = std::find(draws.begin(), draws.end(), draw); same + 1 != draws.end())
      throw SettingError(fmt::format("{}: the values are the same as in draw {}; remove one of the two", origin(number),
                                     same - draws.begin()));
  }
  return listed("draws", settings, std::move(draws));
}

/// The distribution of a random setting.
struct Distribution {
  std::string_view name;
  double low, high;

  double draw(KeyedRandom& random) const {
    if (name == "integer") return low + random.below(static_cast<std::uint32_t>(high - low) + 1);
    if (name == "uniform") return rounded(low + (high - low) * random.uniform());
    const double from = std::log10(low), to = std::log10(high);
    return rounded(std::pow(10.0, from + (to - from) * random.uniform()));
  }

  double rounded(double number) const {
    const std::string digits = fmt::format("{:.6g}", number);
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return std::clamp(number, low, high);
  }
};

Distribution distribution_of(const Setting& setting, const toml::node& node, const std::string& origin) {
  const std::string_view key = setting.key;
  const bool whole = setting.kind() == Setting::Kind::whole;
  if (!whole && setting.kind() != Setting::Kind::number)
    throw SettingError(
        fmt::format("{}: {} is not a number, so it has no distribution; use [grid] or [[draws]]", origin, key));
  const std::string example = fmt::format("{} = {}", key, whole ? "{ integer = [100, 499] }" : "{ uniform = [0, 1] }");
  const toml::table* const table = node.as_table();
  if (table == nullptr || table->size() != 1)
    throw SettingError(fmt::format("{}: {} must be one distribution ({}), for example {}", origin, key,
                                   fmt::join(kDistributions, ", "), example));
  const auto first = table->begin();
  const std::string_view name = first->first.str();
  const toml::node& ends = first->second;
  const auto known = std::find(kDistributions.begin(), kDistributions.end(), name);
  if (known == kDistributions.end())
    throw SettingError(fmt::format("{}: {}: '{}' is not a distribution; choose one of {}{}", origin, key, name,
                                   fmt::join(kDistributions, ", "), did_you_mean(name, kDistributions)));
  if (whole != (*known == "integer"))
    throw SettingError(fmt::format("{}: {} is {} whole number, so {} does not fit; write, for example, {}", origin, key,
                                   whole ? "a" : "not a", *known, example));
  const toml::array* const pair = ends.as_array();
  if (pair == nullptr || pair->size() != 2)
    throw SettingError(fmt::format("{}: {}: {} takes two ends, for example {} = {{ {} = {} }}", origin, key, *known,
                                   key, *known,
                                   whole                     ? "[100, 499]"
                                   : *known == "log_uniform" ? "[1e-3, 1e-2]"
                                                             : "[0, 1]"));
  std::array<double, 2> numbers{};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto number = number_of(value_of(setting, *pair->get(i), origin));
    if (!number || pair->get(i)->is_array())
      throw SettingError(fmt::format("{}: {}: each end of {} must be one number", origin, key, *known));
    numbers[i] = *number;
  }
  const Distribution distribution{*known, numbers[0], numbers[1]};
  if (distribution.low > distribution.high)
    throw SettingError(fmt::format("{}: {}: the range from {} to {} is reversed; give the smaller number first", origin,
                                   key, distribution.low, distribution.high));
  if (distribution.low == distribution.high)
    throw SettingError(fmt::format("{}: {}: the range from {} to {} is empty; give a fixed value under [settings]",
                                   origin, key, distribution.low, distribution.high));
  if (*known == "log_uniform" && distribution.low <= 0)
    throw SettingError(
        fmt::format("{}: {}: log_uniform cannot start at {}; start above 0", origin, key, distribution.low));
  return distribution;
}

/// FNV-1a: a number for a name. It must never change, as random values depend on it.
std::uint32_t number_of_name(std::string_view name) {
  std::uint32_t hash = 2166136261U;
  for (const char c : name) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::int64_t whole_number(const toml::table& table, std::string_view key, std::int64_t low, std::int64_t high,
                          const std::string& origin) {
  const auto value = table[key].value_exact<std::int64_t>();
  if (!value || *value < low || *value > high)
    throw SettingError(fmt::format("{}: {} must be a whole number from {} to {}", origin, key, low, high));
  return *value;
}

Draws random(const toml::table& table, const std::string& origin) {
  constexpr std::array<std::string_view, 2> kOwnKeys{"draws", "seed"};
  const std::vector<const Setting*> settings = settings_in(table, origin, kOwnKeys);
  if (!table.contains("draws"))
    throw SettingError(fmt::format("{}: 'draws' is missing; write, for example, draws = 30", origin));
  const std::int64_t count = whole_number(table, "draws", 1, kMostRuns, origin);
  const std::int64_t seed =
      table.contains("seed") ? whole_number(table, "seed", 0, std::numeric_limits<std::int64_t>::max(), origin) : 0;

  Draws draws{"random", {}, {}};
  draws.values.resize(static_cast<std::size_t>(count));
  for (const Setting* const setting : settings) {
    const Distribution distribution = distribution_of(*setting, *table[setting->key].node(), origin);
    draws.settings.push_back({std::string(setting->key),
                              SearchedRange{distribution.low, distribution.high, distribution.name == "log_uniform"}});
    for (std::size_t draw = 0; draw < draws.values.size(); ++draw) {
      KeyedRandom random(static_cast<std::uint64_t>(seed), Purpose::hyper_parameter, number_of_name(setting->key),
                         static_cast<std::uint32_t>(draw));
      draws.values[draw].push_back(value_from_text(*setting, fmt::format("{}", distribution.draw(random)), origin));
    }
  }
  return draws;
}

}  // namespace

std::string_view varied_by(std::string_view key) {
  if (key == "condition" || key == "circuit" || key == "activity_norm" || key == "error_norm") return "conditions";
  if (key == "epsilon") return "epsilons";
  if (key == "seed") return "seeds";
  if (key == "data") return "data, next to conditions";
  return {};
}

Draws read_draws(const toml::table& plan, const std::string& origin) {
  std::vector<std::string_view> sources;
  for (const std::string_view source : kSources)
    if (plan.contains(source)) sources.push_back(source);
  if (sources.empty()) return {"", {}, {{}}};
  if (sources.size() > 1)
    throw SettingError(fmt::format("{}: the plan has {}; use only one of them to draw hyper-parameters", origin,
                                   fmt::join(sources, " and ")));
  if (sources.front() == "draws") return list(*plan.get("draws"), origin);
  const toml::table* const table = plan[sources.front()].as_table();
  if (table == nullptr) throw SettingError(fmt::format("{}: {} must be a table, [{}]", origin, sources[0], sources[0]));
  const std::string place = fmt::format("{}, [{}]", origin, sources.front());
  return sources.front() == "grid" ? grid(*table, place) : random(*table, place);
}

}  // namespace chandelier

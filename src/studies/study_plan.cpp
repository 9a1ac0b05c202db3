#include "studies/study_plan.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <string_view>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/suggestion.hpp"
#include "training/conditions.hpp"
#include "training/setting_list.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

constexpr std::size_t kMostRuns = 100'000;
constexpr std::array<std::string_view, 6> kKeys{"name", "notes", "conditions", "epsilons", "seeds", "settings"};
/// What the plan itself varies, so that [settings] must not set it.
constexpr std::array<std::string_view, 5> kVaried{"condition", "circuit", "activity_norm", "error_norm", "seed"};

/// The items of a list, or the one item in place of a list.
template <class Item>
std::vector<Item> list_of(const toml::table& table, std::string_view key, std::string_view items,
                          const std::string& origin) {
  const toml::node_view<const toml::node> node = table[key];
  const auto wrong = [&] { return SettingError(fmt::format("{}: {} must be a list of {}", origin, key, items)); };
  std::vector<Item> list;
  const auto add = [&](const toml::node& item) {
    if (const auto value = item.value_exact<Item>()) {
      list.push_back(*value);
      return;
    }
    if constexpr (std::is_same_v<Item, double>) {
      if (const auto whole = item.value_exact<std::int64_t>()) {
        list.push_back(static_cast<double>(*whole));
        return;
      }
    }
    throw wrong();
  };
  if (const toml::array* const array = node.as_array()) {
    for (const toml::node& item : *array) add(item);
  } else {
    add(*node.node());
  }
  if (list.empty()) throw SettingError(fmt::format("{}: {} is empty, so there is nothing to run", origin, key));
  for (std::size_t i = 0; i < list.size(); ++i)
    if (std::count(list.begin(), list.end(), list[i]) > 1)
      throw SettingError(fmt::format("{}: {} names {} twice", origin, key, list[i]));
  return list;
}

std::vector<std::int64_t> seeds_of(const toml::table& table, const std::string& origin) {
  constexpr auto kMost = static_cast<std::int64_t>(kMostRuns);
  std::vector<std::int64_t> seeds;
  if (!table.contains("seeds"))
    throw SettingError(fmt::format("{}: 'seeds' is missing; write for instance seeds = 6", origin));
  if (const auto count = table["seeds"].value_exact<std::int64_t>()) {
    if (*count < 1 || *count > kMost)
      throw SettingError(fmt::format("{}: seeds is {}; a number of seeds is from 1 to {}", origin, *count, kMost));
    for (std::int64_t seed = 0; seed < *count; ++seed) seeds.push_back(seed);
    return seeds;
  }
  return list_of<std::int64_t>(table, "seeds", "whole numbers, or one number of seeds", origin);
}

void check_keys(const toml::table& table, const std::string& origin) {
  for (const auto& [key, value] : table) {
    const std::string_view name = key.str();
    if (std::find(kKeys.begin(), kKeys.end(), name) != kKeys.end()) continue;
    std::string hint = did_you_mean(name, kKeys);
    if (std::find(kVaried.begin(), kVaried.end(), name) != kVaried.end())
      hint = "; what varies is said by conditions and seeds";
    else if (find_setting(name) != nullptr)
      hint = "; settings of the runs stand under [settings]";
    throw SettingError(fmt::format("{}: '{}' is not a key of a study{}", origin, name, hint));
  }
  for (const char* key : {"name", "notes"})
    if (table.contains(key) && !table[key].is_string())
      throw SettingError(fmt::format("{}: {} must be a text", origin, key));
}

}  // namespace

StudyPlan read_study_plan(const std::filesystem::path& path) {
  const std::string origin = path.string();
  StudyPlan plan{read_file(path, kLargestToml), {}};
  const toml::table table = parse_toml(plan.text, origin);
  check_keys(table, origin);

  GivenSettings shared;
  if (table.contains("settings")) {
    const toml::table* const settings = table["settings"].as_table();
    if (settings == nullptr) throw SettingError(fmt::format("{}: settings must be a table, [settings]", origin));
    shared = given_from_toml(*settings, origin + ", [settings]");
  }
  for (const std::string_view key : kVaried)
    if (shared.has(key))
      throw SettingError(
          fmt::format("{}, [settings]: {} is what the study varies; use conditions and seeds", origin, key));

  if (!table.contains("conditions"))
    throw SettingError(
        fmt::format("{}: 'conditions' is missing; write for instance conditions = [\"e-ln\", \"inorm-full\"]", origin));
  const auto conditions = list_of<std::string>(table, "conditions", "names of conditions", origin);
  std::vector<double> epsilons{Settings().epsilon};
  if (table.contains("epsilons")) {
    if (shared.has("epsilon"))
      throw SettingError(fmt::format("{}: epsilon stands in [settings] and epsilons beside it; keep one", origin));
    epsilons = list_of<double>(table, "epsilons", "numbers", origin);
  } else if (const GivenSetting* const given = shared.find("epsilon")) {
    epsilons = {std::get<double>(given->value)};
  }

  const GivenSetting* const luminosity = shared.find("luminosity");
  if (epsilons.size() > 1 && luminosity != nullptr && std::get<std::string>(luminosity->value) == "fixed")
    throw SettingError(fmt::format("{}: epsilons varies, but luminosity fixed does not use epsilon", origin));

  const std::vector<std::int64_t> seeds = seeds_of(table, origin);
  // Each factor is below 2^17: the file is small, and seeds are counted.
  if (const std::size_t runs = seeds.size() * epsilons.size() * conditions.size(); runs > kMostRuns)
    throw SettingError(fmt::format("{}: {} conditions, {} epsilons and {} seeds make {} runs; allowed are {} at most",
                                   origin, conditions.size(), epsilons.size(), seeds.size(), runs, kMostRuns));
  for (const std::int64_t seed : seeds)
    for (const double epsilon : epsilons)
      for (const std::string& condition : conditions) {
        GivenSettings given = shared;
        given.give("condition", condition, origin + ": conditions");
        given.give("epsilon", fmt::format("{}", epsilon), origin + ": epsilons");
        given.give("seed", fmt::format("{}", seed), origin + ": seeds");
        StudyRun run{condition, "", epsilon, 0, static_cast<std::uint64_t>(seed), resolve(given, {}), {}};
        run.folder = fmt::format("runs/{}-eps{}-draw{}-seed{}", condition, epsilon, run.draw, seed);
        plan.runs.push_back(std::move(run));
      }
  return plan;
}

}  // namespace chandelier

#include "studies/study_plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <regex>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/suggestion.hpp"
#include "training/conditions.hpp"
#include "training/setting_list.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

constexpr std::array<std::string_view, 14> kKeys{"name",      "notes",   "conditions", "epsilons", "seeds",
                                                 "data",      "compare", "evaluate",   "grid",     "settings",
                                                 "condition", "draws",   "random",     "slurm"};
constexpr std::array<double, 7> kShifts{-0.75, -0.5, -0.25, 0, 0.25, 0.5, 0.75};
/// The name of a condition is part of file names, which are limited to 255 bytes.
constexpr std::size_t kLongestName = 80;
/// Given instead of a number of seeds: each draw has its own seed.
constexpr std::string_view kByDraw = "by draw";

/// The items of a list, or a single item given instead of a list.
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

/// @param draws  number of hyper-parameter draws
std::vector<std::int64_t> seeds_of(const toml::table& table, std::size_t draws, const std::string& origin) {
  constexpr auto kMost = static_cast<std::int64_t>(kMostRuns);
  std::vector<std::int64_t> seeds;
  if (!table.contains("seeds"))
    throw SettingError(fmt::format("{}: 'seeds' is missing; write, for example, seeds = 6", origin));
  if (table["seeds"].value_exact<std::string>() == kByDraw) {
    for (std::int64_t seed = 0; std::cmp_less(seed, draws); ++seed) seeds.push_back(seed);
    return seeds;
  }
  if (const auto count = table["seeds"].value_exact<std::int64_t>()) {
    if (*count < 1 || *count > kMost)
      throw SettingError(
          fmt::format("{}: seeds is {}; the number of seeds must be from 1 to {}", origin, *count, kMost));
    for (std::int64_t seed = 0; seed < *count; ++seed) seeds.push_back(seed);
    return seeds;
  }
  return list_of<std::int64_t>(table, "seeds", "whole numbers, or one number of seeds, or \"by draw\"", origin);
}

void check_keys(const toml::table& table, const std::string& origin) {
  for (const auto& [key, value] : table) {
    const std::string_view name = key.str();
    const bool known = std::find(kKeys.begin(), kKeys.end(), name) != kKeys.end();
    if (known && (name != "condition" || value.is_table())) continue;
    std::string hint = did_you_mean(name, kKeys);
    if (name == "epsilon")
      hint = "; did you mean 'epsilons'?";
    else if (!varied_by(name).empty())
      hint = "; use conditions and seeds to say what varies";
    else if (find_setting(name) != nullptr)
      hint = "; put settings of the runs under [settings]";
    throw SettingError(fmt::format("{}: '{}' is not a key of a study{}", origin, name, hint));
  }
}

std::string text_at(const toml::table& table, std::string_view key, const std::string& origin) {
  if (!table.contains(key)) return {};
  if (!table[key].is_string()) throw SettingError(fmt::format("{}: {} must be a string", origin, key));
  return table[key].ref<std::string>();
}

/// Whether pandas or R may misread the name in a table as something other than text. Quotes would not help.
bool reads_as_a_value(const std::string& name) {
  static const std::regex value(
      "[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([ed][+-]?[0-9]+)?"                // a number
      "(i|[+-]([0-9]+\\.?[0-9]*|\\.[0-9]+)([ed][+-]?[0-9]+)?i)?"           // a complex one
      "|[+-]?0x[0-9a-f]*\\.?[0-9a-f]*(p[+-]?[0-9]+)?|[+-]?(inf|infinity)"  //
      "|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"                                    // a date
      "|[+-]?nan|na|null|none|true|false|t|f",
      std::regex::icase);
  return std::regex_match(name, value);
}

/// @throws SettingError unless the name can be part of the name of a run folder, and be used in a table.
void check_name(const std::string& name, const std::string& origin) {
  constexpr std::string_view kSafe = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._+-";
  if (name.empty() || name.front() == '.' || name.front() == '-' || name.find_first_not_of(kSafe) != std::string::npos)
    throw SettingError(
        fmt::format("{}: '{}' cannot be used in folder names; use letters, digits and . _ + -, "
                    "and do not start with - or .",
                    origin, name));
  if (name.size() > kLongestName)
    throw SettingError(
        fmt::format("{}: '{}' is too long for folder names; use at most {} characters", origin, name, kLongestName));
  if (reads_as_a_value(name))
    throw SettingError(fmt::format(
        "{}: '{}' cannot be used in tables, as other programs read it as a number, a date, a truth value or a missing "
        "value; write, for example, 'c-{}'",
        origin, name, name));
}

bool is_preset(std::string_view name) {
  const auto ids = condition_ids();
  return std::find(ids.begin(), ids.end(), name) != ids.end();
}

/// The settings of one condition in the plan, including its preset or parts.
struct ConditionSettings {
  std::string name;
  GivenSettings given;
};

/// The table [condition.X] of a condition. @throws SettingError for settings that belong elsewhere.
GivenSettings overrides_of(const std::string& name, const toml::table& tables, const std::string& origin) {
  const std::string place = fmt::format("{}, [condition.{}]", origin, name);
  const toml::table* const table = tables[name].as_table();
  if (table == nullptr) throw SettingError(fmt::format("{}: condition.{} must be a table", origin, name));
  GivenSettings given = given_from_toml(*table, place);
  for (const std::string_view key : {"epsilon", "seed", "data"})
    if (given.has(key))
      throw SettingError(
          fmt::format("{}: {} is the same for all conditions; vary it with {}", place, key, varied_by(key)));
  const auto parts = {"condition", "circuit", "activity_norm", "error_norm"};
  const auto* const part = std::find_if(parts.begin(), parts.end(), [&](const char* key) { return given.has(key); });
  if (is_preset(name) && part != parts.end())
    throw SettingError(fmt::format("{}: {} is set by the preset {}; give the condition another name to change it",
                                   place, *part, name));
  if (!is_preset(name) && part == parts.end())
    throw SettingError(
        fmt::format("{}: '{}' is not a preset, so it needs a definition; write, for example, condition = "
                    "\"inorm-full\", or a circuit",
                    place, name));
  return given;
}

std::vector<ConditionSettings> conditions_of(const toml::table& plan, const std::string& origin) {
  if (!plan.contains("conditions"))
    throw SettingError(fmt::format(
        "{}: 'conditions' is missing; write, for example, conditions = [\"e-ln\", \"inorm-full\"]", origin));
  const auto names = list_of<std::string>(plan, "conditions", "names of conditions", origin);
  const std::vector<std::string_view> views(names.begin(), names.end());
  const toml::table none;
  const toml::table* const given = plan["condition"].as_table();
  const toml::table& tables = given != nullptr ? *given : none;
  std::vector<std::string_view> known(condition_ids().begin(), condition_ids().end());
  for (const auto& [name, table] : tables) {
    if (std::find(names.begin(), names.end(), name.str()) == names.end())
      throw SettingError(fmt::format("{}: [condition.{}] is for a condition that is not in conditions{}", origin,
                                     name.str(), did_you_mean(name.str(), views)));
    known.push_back(name.str());
  }

  std::vector<ConditionSettings> conditions;
  for (const std::string& name : names) {
    check_name(name, origin + ": conditions");
    ConditionSettings& condition = conditions.emplace_back(ConditionSettings{name, {}});
    if (tables.contains(name))
      condition.given = overrides_of(name, tables, origin);
    else if (!is_preset(name))
      throw SettingError(
          fmt::format("{}: conditions: '{}' is not a preset, and no [condition.{}] defines it; the presets are {}{}",
                      origin, name, name, fmt::join(condition_ids(), ", "), did_you_mean(name, known)));
    if (is_preset(name)) condition.given.give("condition", name, origin + ": conditions");
  }
  return conditions;
}

/// The contrasts that `compare` declares.
std::vector<Contrast> compare_of(const toml::table& plan, std::span<const ConditionSettings> conditions,
                                 const std::string& origin) {
  if (!plan.contains("compare")) return {};
  const std::string place = origin + ": compare";
  if (const toml::array* const array = plan["compare"].as_array(); array != nullptr && array->empty())
    throw SettingError(place + " is empty; name a difference, or leave it out for the comparisons of the paper");
  std::vector<std::string_view> names;
  for (const ConditionSettings& condition : conditions) names.push_back(condition.name);

  std::vector<Contrast> contrasts;
  for (const std::string& text : list_of<std::string>(plan, "compare", "differences between conditions", origin)) {
    Contrast contrast = read_contrast(text, names, place);
    const std::map<std::string, double> weights = contrast.weights();
    for (const Contrast& other : contrasts) {
      std::map<std::string, double> opposite = other.weights();
      const bool is_same = weights == opposite;
      for (auto& [_, weight] : opposite) weight = -weight;
      if (is_same || weights == opposite)
        throw SettingError(fmt::format("{}: '{}' and '{} - {}' are the same {}; keep one", place, text, other.first,
                                       other.second, is_same ? "difference" : "pair"));
      if (!contrast.label.empty() && contrast.label == other.label)
        throw SettingError(fmt::format("{}: two contrasts have the label '{}'; rename one", place, contrast.label));
    }
    contrasts.push_back(std::move(contrast));
  }
  return contrasts;
}

/// One of several data sets: its folder, and its name in the names of runs.
struct DataSet {
  std::string folder, name;
};

/// The data sets if the plan has several; otherwise one without a name.
std::vector<DataSet> data_of(const toml::table& table, const GivenSettings& shared, const std::string& origin) {
  if (!table.contains("data")) {
    const GivenSetting* const given = shared.find("data");
    return {{given == nullptr ? Settings().data : std::get<std::string>(given->value), ""}};
  }
  if (shared.has("data")) throw SettingError(fmt::format("{}: data is in [settings] and above it; keep one", origin));
  const auto folders = list_of<std::string>(table, "data", "folders", origin);
  if (folders.size() == 1) return {{folders.front(), ""}};
  std::vector<DataSet> sets;
  for (const std::string& folder : folders) {
    const std::filesystem::path path = std::filesystem::path(folder + "/").lexically_normal().parent_path();
    const std::string name = folder.empty() ? "fashion-mnist" : path.filename().string();
    check_name(name, fmt::format("{}: data: the folder's name", origin));
    for (const DataSet& other : sets)
      if (other.name == name)
        throw SettingError(fmt::format(
            "{}: data: {} and {} are both called {}, which is part of the names of their runs; rename one folder",
            origin, other.folder.empty() ? "FashionMNIST" : other.folder, folder, name));
    sets.push_back({folder, name});
  }
  return sets;
}

GivenSettings shared_settings(const toml::table& plan, const Draws& draws, const std::string& origin) {
  if (!plan.contains("settings")) return {};
  const toml::table* const table = plan["settings"].as_table();
  if (table == nullptr) throw SettingError(fmt::format("{}: settings must be a table, [settings]", origin));
  for (const auto& [key, value] : *table)
    if (find_setting(key.str()) == nullptr && std::ranges::find(kKeys, key.str()) != kKeys.end())
      throw SettingError(
          fmt::format("{}, [settings]: {} is a key of the plan; move it above the first table", origin, key.str()));
  GivenSettings shared = given_from_toml(*table, origin + ", [settings]");
  for (const auto& [key, value] : shared.values())
    if (key != "epsilon" && key != "data" && !varied_by(key).empty())
      throw SettingError(
          fmt::format("{}, [settings]: {} is varied by the study; use conditions and seeds", origin, key));
  for (const DrawnSetting& setting : draws.settings)
    if (shared.has(setting.key))
      throw SettingError(
          fmt::format("{}: {} is in [settings], and {} draws it; keep one", origin, setting.key, draws.source));
  return shared;
}

std::vector<double> epsilons_of(const toml::table& plan, const GivenSettings& shared, const std::string& origin) {
  const GivenSetting* const given = shared.find("epsilon");
  if (!plan.contains("epsilons")) return {given == nullptr ? Settings().epsilon : std::get<double>(given->value)};
  if (given != nullptr)
    throw SettingError(fmt::format("{}: the plan has epsilon in [settings] and epsilons above it; keep one", origin));
  return list_of<double>(plan, "epsilons", "numbers", origin);
}

/// The luminosities at which finished runs are evaluated; an empty list means none.
std::vector<LuminosityAt> evaluate_of(const toml::table& plan, const std::string& origin) {
  std::vector<LuminosityAt> luminosities;
  if (!plan.contains("evaluate")) {
    for (const double shift : kShifts) luminosities.push_back({"fixed", shift});
    return luminosities;
  }
  const std::string place = origin + ": evaluate";
  const auto add = [&](const toml::node& item) {
    std::string text;
    if (const auto shift = item.value<double>(); shift && !item.is_boolean())
      text = fmt::format("{}", *shift);
    else if (const auto model = item.value_exact<std::string>())
      text = *model;
    else
      throw SettingError(place + " must be a list of luminosity shifts, or of models as in \"shading:0.75\"");
    const LuminosityAt at = read_luminosity(text, place);
    if (std::ranges::find(luminosities, at) != luminosities.end())
      throw SettingError(fmt::format("{} names {} twice", place, text));
    luminosities.push_back(at);
  };
  if (const toml::array* const array = plan["evaluate"].as_array())
    for (const toml::node& item : *array) add(item);
  else
    add(*plan["evaluate"].node());
  return luminosities;
}

/// The settings of a draw, and where they are in the plan.
GivenSettings given_by(const Draws& draws, std::size_t draw, const std::string& origin) {
  GivenSettings given;
  for (std::size_t i = 0; i < draws.settings.size(); ++i) {
    const std::string& key = draws.settings[i].key;
    given.give(key, {draws.values[draw][i], fmt::format("{}: draw {}: {}", origin, draw, key)});
  }
  return given;
}

}  // namespace

StudyPlan read_study_plan(const std::filesystem::path& path) {
  return study_plan_from(read_file(path, kLargestToml), path.string());
}

StudyPlan study_plan_from(std::string text, const std::string& origin) {
  StudyPlan plan;
  plan.text = std::move(text);
  const toml::table table = parse_toml(plan.text, origin);
  check_keys(table, origin);
  plan.name = text_at(table, "name", origin);
  plan.notes = text_at(table, "notes", origin);
  plan.draws = read_draws(table, origin);
  const GivenSettings shared = shared_settings(table, plan.draws, origin);
  const std::vector<ConditionSettings> conditions = conditions_of(table, origin);
  plan.epsilons = epsilons_of(table, shared, origin);
  plan.seeds = seeds_of(table, plan.draws.values.size(), origin);
  plan.seed_by_draw = table["seeds"].value_exact<std::string>() == kByDraw;
  plan.compare = compare_of(table, conditions, origin);
  plan.slurm = read_slurm_options(table, origin);
  plan.evaluate = evaluate_of(table, origin);
  const std::vector<DataSet> data = data_of(table, shared, origin);

  const std::size_t draws = plan.draws.values.size();
  // Draws and seeds are below 2^17 each, and the file is small.
  const std::size_t pairs = plan.seed_by_draw ? draws : draws * plan.seeds.size();
  if (const std::size_t others = data.size() * plan.epsilons.size() * conditions.size(); pairs > kMostRuns / others)
    throw SettingError(
        fmt::format("{}: {} conditions, {} epsilons, {} draws, {} seeds and {} data sets make {} runs; "
                    "at most {} are allowed",
                    origin, conditions.size(), plan.epsilons.size(), draws, plan.seeds.size(), data.size(),
                    others * pairs, kMostRuns));

  for (const ConditionSettings& condition : conditions) {
    plan.conditions.push_back(condition.name);
    for (const DrawnSetting& setting : plan.draws.settings)
      if (const GivenSetting* const given = condition.given.find(setting.key))
        plan.fixed_draws.push_back({condition.name, setting.key, given->value});
  }
  if (data.size() > 1)
    for (const DataSet& set : data) plan.data.push_back(set.name);

  std::set<std::filesystem::path> folders;
  for (const std::int64_t seed : plan.seeds)
    for (std::size_t draw = 0; draw < draws; ++draw) {
      if (plan.seed_by_draw && std::cmp_not_equal(draw, seed)) continue;
      const GivenSettings drawn = given_by(plan.draws, draw, origin);
      for (const DataSet& set : data)
        for (const double epsilon : plan.epsilons)
          for (const ConditionSettings& condition : conditions) {
            GivenSettings given = shared;
            for (const auto& [key, value] : drawn.values()) given.give(key, value);
            for (const auto& [key, value] : condition.given.values()) given.give(key, value);
            given.give("data", set.folder, origin + ": data");
            given.give("epsilon", fmt::format("{}", epsilon), origin + ": epsilons");
            given.give("seed", fmt::format("{}", seed), origin + ": seeds");
            StudyRun run{
                condition.name,     set.name, epsilon, static_cast<int>(draw), static_cast<std::uint64_t>(seed),
                resolve(given, {}), {}};
            if (plan.epsilons.size() > 1 && run.settings.luminosity == "fixed")
              throw SettingError(
                  fmt::format("{}: epsilons varies, but luminosity fixed does not use epsilon (condition {})", origin,
                              condition.name));
            run.folder = fmt::format("runs/{}-eps{}-draw{}-seed{}{}{}", condition.name, epsilon, draw, seed,
                                     set.name.empty() ? "" : "-", set.name);
            if (!folders.insert(run.folder).second)
              throw SettingError(fmt::format("{}: two runs would have the folder {}; give the condition another name",
                                             origin, run.folder.string()));
            plan.runs.push_back(std::move(run));
          }
    }
  return plan;
}

}  // namespace chandelier

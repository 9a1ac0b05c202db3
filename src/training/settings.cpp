#include "training/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/error.hpp"
#include "base/suggestion.hpp"
#include "training/conditions.hpp"
#include "training/measure_table.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

using Names = std::vector<std::string_view>;

/// A setting that a condition stands for.
struct Part {
  std::string_view key;
  std::string_view Condition::*of;
};
constexpr std::array kParts{Part{"circuit", &Condition::circuit}, Part{"activity_norm", &Condition::activity_norm},
                            Part{"error_norm", &Condition::error_norm}};

/// How a setting is named in a message: where it was given, or its key.
std::string name_of(const GivenSettings& given, std::string_view key) {
  const GivenSetting* setting = given.find(key);
  return setting ? setting->origin : std::string(key);
}

const std::string& text_in(const GivenSetting& given) { return std::get<std::string>(given.value); }
const std::vector<int>& widths_in(const GivenSetting& given) { return std::get<std::vector<int>>(given.value); }

/// Replaces a list with the same rule for every layer by that rule.
void collapse_error_norm(Settings& settings) {
  const std::vector<std::string> rules = items_of(settings.error_norm);
  if (std::ranges::all_of(rules, [&](const std::string& rule) { return rule == rules.front(); }))
    settings.error_norm = rules.front();
}

void check_condition(const GivenSettings& source) {
  const GivenSetting* const condition = source.find("condition");
  if (!condition) return;
  const Condition& preset = find_condition(text_in(*condition));
  for (const auto& [key, of] : kParts) {
    const GivenSetting* const given = source.find(key);
    if (given && text_in(*given) != preset.*of) {
      throw SettingError(fmt::format("{} '{}' contradicts {} '{}', which stands for {} '{}'; give one of the two",
                                     given->origin, text_in(*given), condition->origin, preset.id, key, preset.*of));
    }
  }
}

void check_depth(const GivenSettings& source) {
  const GivenSetting* const width = source.find("width");
  const GivenSetting* const depth = source.find("depth");
  if (!width || !depth) return;
  const std::size_t layers = widths_in(*width).size();
  if (layers > 1 && layers != static_cast<std::size_t>(std::get<int>(depth->value))) {
    throw SettingError(
        fmt::format("{} lists {} layers ({}), but {} is {}; give one width for every layer, or leave "
                    "the depth out",
                    width->origin, layers, text_of(width->value), depth->origin, text_of(depth->value)));
  }
}

/// Removes from the file what the flags replace implicitly.
void yield_to_flags(GivenSettings& file, const GivenSettings& flags) {
  const bool flags_name_part =
      std::any_of(kParts.begin(), kParts.end(), [&](const Part& p) { return flags.has(p.key); });
  if (flags.has("condition")) {
    file.erase("condition");
    for (const Part& part : kParts) file.erase(part.key);
  } else if (const GivenSetting* const condition = file.find("condition"); condition && flags_name_part) {
    const GivenSetting replaced = *condition;
    const Condition& preset = find_condition(text_in(replaced));
    for (const auto& [key, of] : kParts) file.give(key, {std::string(preset.*of), replaced.origin});
    file.erase("condition");
  }

  const GivenSetting* const flag_width = flags.find("width");
  if (flag_width && widths_in(*flag_width).size() > 1) file.erase("depth");
  const GivenSetting* const file_width = file.find("width");
  if (flags.has("depth") && !flag_width && file_width) {
    // A resolved file lists every layer; if all widths are equal, turn the list back into one number.
    const GivenSetting replaced = *file_width;
    const std::vector<int>& widths = widths_in(replaced);
    const bool alike = std::all_of(widths.begin(), widths.end(), [&](int w) { return w == widths.front(); });
    if (alike && !widths.empty()) file.give("width", {std::vector<int>{widths.front()}, replaced.origin});
  }
}

void resolve_condition(Settings& settings, const GivenSettings& given) {
  const bool part_given = std::any_of(kParts.begin(), kParts.end(), [&](const Part& p) { return given.has(p.key); });
  if (given.has("condition") || !part_given) {
    const Condition& preset = find_condition(settings.condition);
    settings.circuit = preset.circuit;
    settings.activity_norm = preset.activity_norm;
    settings.error_norm = preset.error_norm;
    return;
  }
  const bool computed = !circuit_traits(settings.circuit).normalizes;
  if (!given.has("activity_norm")) settings.activity_norm = "none";
  if (!given.has("error_norm")) settings.error_norm = computed ? "own" : "none";
  settings.condition = condition_of(settings.circuit, settings.activity_norm, settings.error_norm);
}

void check_normalizations(const Settings& settings, const GivenSettings& given) {
  if (!circuit_traits(settings.circuit).normalizes) return;
  const std::string circuit = fmt::format("{} '{}'", name_of(given, "circuit"), settings.circuit);
  if (settings.activity_norm != "none") {
    throw SettingError(
        fmt::format("{} '{}' cannot be combined with {}, whose inhibition normalizes; use none, or circuit e or ei",
                    name_of(given, "activity_norm"), settings.activity_norm, circuit));
  }
  const std::vector<std::string> rules = items_of(settings.error_norm);
  if (std::ranges::find(rules, "own") != rules.end()) {
    throw SettingError(
        fmt::format("{} 'own' cannot be combined with {}: own is the Jacobian of a computed activity "
                    "normalization, which only circuits e and ei have; choose another error_norm",
                    name_of(given, "error_norm"), circuit));
  }
}

void resolve_width(Settings& settings, const GivenSettings& given) {
  const std::string name = name_of(given, "width");
  if (settings.width.empty())
    throw SettingError(name + " is empty; give the number of units of a layer, for example 100");
  const std::size_t layers = settings.width.size();
  if (layers == 1) {
    settings.width.assign(static_cast<std::size_t>(settings.depth), settings.width.front());
  } else if (!given.has("depth")) {
    const double deepest = find_setting("depth")->range->high;
    if (static_cast<double>(layers) > deepest) {
      throw SettingError(fmt::format("{} lists {} layers, but at most {} are allowed", name, layers, deepest));
    }
    settings.depth = static_cast<int>(layers);
  }
}

/// One error normalization for every layer, or as many as there are layers.
void check_error_norm(const Settings& settings, std::size_t rules, const GivenSettings& given) {
  if (rules > 1 && rules != settings.width.size())
    throw SettingError(
        fmt::format("{} lists {} rules, but there are {} hidden layers; give one for each, or one for all",
                    name_of(given, "error_norm"), rules, settings.width.size()));
}

void check_error_route(const Settings& settings, const GivenSettings& given) {
  if (settings.error_route == "excitatory") return;
  const std::string route = fmt::format("{} '{}'", name_of(given, "error_route"), settings.error_route);
  if (!circuit_traits(settings.circuit).normalizes)
    throw SettingError(
        fmt::format("{} needs a circuit whose inhibition normalizes (inorm or inorm-sub), but the circuit is {}; use "
                    "excitatory",
                    route, settings.circuit));
  if (settings.feedback != "symmetric")
    throw SettingError(
        fmt::format("{} cannot be combined with {} '{}', where separate feedback weights carry the errors; give one of "
                    "the two",
                    route, name_of(given, "feedback"), settings.feedback));
}

void check_error_acts_on(const Settings& settings, const GivenSettings& given) {
  if (settings.error_acts_on == "below" && settings.feedback == "direct")
    throw SettingError(fmt::format(
        "{} 'below' has no effect with {} 'direct', which sends the error of the readout to every layer and "
        "nothing from layer to layer; use both or weights",
        name_of(given, "error_acts_on"), name_of(given, "feedback")));
}

void check_shift(const Settings& settings, const GivenSettings& given) {
  if (settings.shift == 0.0 || settings.luminosity == "fixed") return;
  throw SettingError(fmt::format("{} {} has no effect with luminosity '{}'; it is only for luminosity fixed",
                                 name_of(given, "shift"), settings.shift, settings.luminosity));
}

void check_nesterov(const Settings& settings, const GivenSettings& given) {
  if (!settings.nesterov) return;
  if (settings.update != "sgd")
    throw SettingError(
        fmt::format("{} needs update sgd, but update is {}", name_of(given, "nesterov"), settings.update));
  if (settings.momentum > 0.0 || settings.momentum_inhibitory > 0.0) return;
  throw SettingError(
      fmt::format("{} needs momentum or momentum_inhibitory above 0; both are 0", name_of(given, "nesterov")));
}

void check_freeze(const Settings& settings, const GivenSettings& given) {
  if (settings.freeze.empty()) return;
  Settings small = settings;
  if (!names_own_rule(settings)) small.width.assign(small.width.size(), 2);  // a custom rule may need its sizes
  small.classes = 2;
  std::vector<std::string> parameters, of_layers;
  try {
    blank_network(small, 2, 1).for_each_parameter([&](const std::string& layer, const Parameter& parameter) {
      if (std::ranges::find(parameters, parameter.name()) == parameters.end()) parameters.push_back(parameter.name());
      of_layers.push_back(layer + "." + parameter.name());
    });
  } catch (const RuleElsewhere&) {  // checked where the rule is available
    return;
  }
  std::vector<std::string> existing = parameters;
  for (int layer = 0; layer < settings.depth; ++layer) existing.push_back(fmt::format("hidden{}", layer));
  existing.emplace_back("readout");
  const std::vector<std::string> shown = existing;
  existing.insert(existing.end(), of_layers.begin(), of_layers.end());

  const Names all(existing.begin(), existing.end());
  for (const std::string& name : settings.freeze) {
    if (std::find(all.begin(), all.end(), name) != all.end()) continue;
    throw SettingError(
        fmt::format("{}: '{}' does not exist in circuit {} with {} hidden layers; choose from {}, or "
                    "a parameter of one layer (hidden0.bias){}",
                    name_of(given, "freeze"), name, settings.circuit, settings.depth, fmt::join(shown, ", "),
                    did_you_mean(name, all)));
  }
}

void check_measure(const Settings& settings, const GivenSettings& given) {
  const std::string name = name_of(given, "measure");
  if (settings.measure.empty()) throw SettingError(name + " is empty; use none to measure nothing");
  const auto known = known_measure_names();
  const bool adds_own = std::ranges::all_of(settings.measure, [&](const std::string& one) {
    return one == "all" || (one != "none" && one != "reference" && std::ranges::find(known, one) == known.end());
  });
  for (const std::string& alone : settings.measure) {
    if ((alone == "all" || alone == "none") && settings.measure.size() > 1 && !adds_own) {
      throw SettingError(fmt::format(
          "{}: '{}' must be given alone, but {} is given; use all, none, or names, with or without reference", name,
          alone, fmt::join(settings.measure, ",")));
    }
  }
}

}  // namespace

void GivenSettings::give(std::string_view key, std::string_view text, const std::string& origin) {
  const Setting* const setting = find_setting(key);
  if (!setting) throw unknown_setting(key, origin);
  give(key, {value_from_text(*setting, text, origin), origin});
}

void GivenSettings::give(std::string_view key, GivenSetting given) {
  values_.insert_or_assign(std::string(key), std::move(given));
}

const GivenSetting* GivenSettings::find(std::string_view key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? nullptr : &found->second;
}

void GivenSettings::erase(std::string_view key) {
  if (const auto found = values_.find(key); found != values_.end()) values_.erase(found);
}

std::string_view error_norm_of(const Settings& settings, std::size_t layer) {
  std::string_view rest = settings.error_norm;
  if (rest.find(',') == std::string_view::npos) return rest;
  for (; layer > 0; --layer) rest.remove_prefix(std::min(rest.find(','), rest.size() - 1) + 1);
  return rest.substr(0, rest.find(','));
}

Settings resolve(const GivenSettings& from_file, const GivenSettings& from_flags) {
  for (const GivenSettings* source : {&from_file, &from_flags}) {
    check_condition(*source);
    check_depth(*source);
  }
  GivenSettings given = from_file;
  yield_to_flags(given, from_flags);
  for (const auto& [key, setting] : from_flags.values()) given.give(key, setting);
  check_depth(given);

  Settings settings;
  for (const Setting& setting : setting_list()) {
    if (const GivenSetting* value = given.find(setting.key)) setting.put(settings, value->value);
  }
  const std::size_t rules = items_of(settings.error_norm).size();
  collapse_error_norm(settings);
  resolve_condition(settings, given);
  check_normalizations(settings, given);
  resolve_width(settings, given);
  check_error_norm(settings, rules, given);
  check_error_route(settings, given);
  check_error_acts_on(settings, given);
  check_shift(settings, given);
  check_nesterov(settings, given);
  check_freeze(settings, given);
  check_measure(settings, given);
  return settings;
}

}  // namespace chandelier

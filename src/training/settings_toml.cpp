#include "training/settings_toml.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

std::string shown(const toml::node& node) {
  std::ostringstream text;
  node.visit([&](const auto& n) { text << toml::toml_formatter(n, toml::format_flags::relaxed_float_precision); });
  return text.str();
}

std::string_view expected(Setting::Kind kind) {
  switch (kind) {
    case Setting::Kind::truth:
      return "true or false";
    case Setting::Kind::whole:
      return "a whole number";
    case Setting::Kind::number:
      return "a number";
    case Setting::Kind::text:
      return "a string in quotes";
  }
  throw Bug("a kind of setting without a name");
}

/// One TOML value as written on the command line.
std::string item_from(const toml::node& node, const Setting& setting, const std::string& origin) {
  const Setting::Kind kind = setting.kind();
  const bool number = kind == Setting::Kind::number;
  if (const auto* truth = node.as_boolean(); truth && kind == Setting::Kind::truth) {
    return fmt::format("{}", truth->get());
  }
  if (const auto* truth = node.as_boolean(); truth && !setting.true_means.empty())
    return fmt::format("{}", truth->get());
  if (const auto* whole = node.as_integer(); whole && (kind == Setting::Kind::whole || number)) {
    return fmt::format("{}", whole->get());
  }
  if (const auto* real = node.as_floating_point(); real && number) return fmt::format("{}", real->get());
  if (const auto* text = node.as_string(); text && kind == Setting::Kind::text) return text->get();
  throw SettingError(
      fmt::format("{}: {} is not {}; expected {}", origin, shown(node), expected(kind), setting.allowed()));
}

std::string quoted(const std::string& text) {
  std::string toml = shown(toml::value<std::string>(text));
  // The formatter silently changes bytes that are not UTF-8, so check by reading the text back.
  if (toml::parse("text = " + toml)["text"].value<std::string>() != text) {
    throw SettingError(
        fmt::format("'{}' cannot be written to config.toml, as it is not valid UTF-8; rename the folder", text));
  }
  return toml;
}

std::string toml_of(const SettingValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  if (const auto* whole = std::get_if<std::vector<int>>(&value)) return fmt::format("[{}]", fmt::join(*whole, ", "));
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    std::vector<std::string> items;
    for (const std::string& text : *texts) items.push_back(quoted(text));
    return fmt::format("[{}]", fmt::join(items, ", "));
  }
  return text_of(value);
}

}  // namespace

toml::table parse_toml(std::string_view text, const std::string& origin) {
  try {
    return toml::parse(text);
  } catch (const toml::parse_error& error) {
    throw SettingError(
        fmt::format("{}, line {}: this is not valid TOML: {}", origin, error.source().begin.line, error.description()));
  }
}

GivenSettings given_from_toml(const toml::table& table, const std::string& origin) {
  GivenSettings given;
  for (const auto& [key, node] : table) {
    const Setting* const setting = find_setting(key.str());
    if (!setting) throw unknown_setting(key.str(), origin);
    const std::string place = fmt::format("{}: {}", origin, key.str());
    std::vector<std::string> items;
    if (const toml::array* array = node.as_array();
        array && setting->takes_several() && (setting->is_list() || !array->empty())) {
      for (const toml::node& item : *array) items.push_back(item_from(item, *setting, place));
    } else {
      items.push_back(item_from(node, *setting, place));
    }
    given.give(key.str(), {value_from_items(*setting, items, place), place});
  }
  return given;
}

GivenSettings read_settings_text(std::string_view text, const std::string& origin) {
  return given_from_toml(parse_toml(text, origin), origin);
}

GivenSettings read_settings_file(const std::filesystem::path& path) {
  return read_settings_text(read_file(path, kLargestToml), path.string());
}

std::string to_toml(const Settings& settings) {
  std::string text;
  std::string_view group;
  for (const Setting& setting : setting_list()) {
    if (setting.group != group) {
      text += fmt::format("{}# {}\n", group.empty() ? "" : "\n", setting.group);
      group = setting.group;
    }
    if (setting.key == "condition" && settings.condition.empty()) continue;
    text += fmt::format("{} = {}\n", setting.key, toml_of(setting.of(settings)));
  }
  return text;
}

}  // namespace chandelier

#include "program/setting_flags.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "training/network_builder.hpp"
#include "training/setting_list.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

/// Breaks lines at spaces. CLI11 indents them.
std::string wrapped(const std::string& text) {
  constexpr std::size_t kColumns = 46;  // beside the names of the flags, in a terminal of 80
  std::string result;
  std::size_t line_start = 0, last_space = std::string::npos;
  for (const char c : text) {
    if (c == '\n') line_start = result.size() + 1;
    if (c == ' ') last_space = result.size();
    result += c;
    if (result.size() - line_start > kColumns && last_space != std::string::npos && last_space > line_start) {
      result[last_space] = '\n';
      line_start = last_space + 1;
    }
  }
  return result;
}

/// Texts without a list of choices are paths.
bool is_path(const Setting& setting) {
  return setting.kind() == Setting::Kind::text && setting.choices == nullptr && !setting.is_list();
}

std::string described(const Setting& setting) {
  std::string allowed = setting.allowed();
  allowed[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(allowed[0])));
  if (setting.kind() == Setting::Kind::truth) {
    return wrapped(fmt::format("{}\nDefault: {}.", setting.help, setting.default_text() == "true" ? "on" : "off"));
  }
  if (is_path(setting)) return wrapped(fmt::format("{}\nDefault: {}.", setting.help, setting.default_text()));
  return wrapped(fmt::format("{}\n{}. Default: {}.", setting.help, allowed, setting.default_text()));
}

std::string placeholder(const Setting& setting) {
  if (is_path(setting)) return "PATH";
  const std::string one = setting.kind() == Setting::Kind::text    ? "NAME"
                          : setting.kind() == Setting::Kind::whole ? "N"
                                                                   : "NUMBER";
  return setting.takes_several() ? one + "[," + one + "...]" : one;
}

/// Keeps all values given, so that a flag given twice can be detected.
CLI::Option* keep_all(CLI::Option* option) { return option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll); }

CLI::Option* add_flag(CLI::App& verb, const std::string& name, const std::string& description) {
  return keep_all(verb.add_flag(name, description));
}

CLI::Option* add_option(CLI::App& verb, const std::string& name, const std::string& description) {
  const CLI::callback_t accept = [](const CLI::results_t&) { return true; };
  return keep_all(verb.add_option(name, accept, description));
}

std::vector<std::string> once(std::vector<std::string> texts, const std::string& name) {
  if (texts.size() > 1) {
    throw SettingError(
        fmt::format("{} is given {} times ({}); give it once", name, texts.size(), fmt::join(texts, " and ")));
  }
  return texts;
}

}  // namespace

SettingFlags::SettingFlags(CLI::App& verb) {
  for (const Setting& setting : setting_list()) {
    const std::string name = setting.flag(), group(setting.group);
    if (setting.kind() == Setting::Kind::truth) {
      CLI::Option* const on = add_flag(verb, name, described(setting));
      CLI::Option* const off = add_flag(verb, setting.off_flag(), "");
      on->option_text("/ " + setting.off_flag())->group(group);
      off->group("");  // hidden: the help shows it next to the other
      flags_.push_back({&setting, on, off});
    } else {
      CLI::Option* const option = add_option(verb, name, described(setting));
      option->option_text(placeholder(setting))->group(group);
      CLI::Option* off = nullptr;
      if (setting.has_off_flag()) {  // it used to be true or false, and both flags still work
        option->expected(0, 1)->default_str("true");
        off = add_flag(verb, setting.off_flag(), "");
        off->group("");
      }
      flags_.push_back({&setting, option, off});
    }
  }
  CLI::Option* const config = add_option(
      verb, "--config", wrapped("TOML file of settings, such as the config.toml of\na run. Flags override it."));
  config_ = config->option_text("FILE.toml");
}

GivenSettings SettingFlags::given() const {
  GivenSettings given;
  for (const auto& [setting, on, off] : flags_) {
    if (off && on->count() > 0 && off->count() > 0) {
      throw SettingError(
          fmt::format("{} and {} contradict each other; give only one", setting->flag(), setting->off_flag()));
    }
    if (off && off->count() > 0) {
      for (const std::string& text : off->results()) {
        if (text != "true") throw SettingError(fmt::format("{} takes no value, not '{}'", setting->off_flag(), text));
      }
      given.give(setting->key, "false", setting->off_flag());
    }
    if (setting->kind() == Setting::Kind::truth && on->count() > 0) {
      for (const std::string& text : on->results()) given.give(setting->key, text, setting->flag());
    } else {
      for (const std::string& text : once(on->results(), setting->flag())) {
        given.give(setting->key, text, setting->flag());
      }
    }
  }
  return given;
}

std::optional<std::filesystem::path> SettingFlags::config() const {
  const std::vector<std::string> paths = once(config_->results(), "--config");
  if (paths.empty()) return std::nullopt;
  return paths.front();
}

GivenSettings SettingFlags::from_file() const {
  const auto path = config();
  return path ? read_settings_file(*path) : GivenSettings();
}

Settings SettingFlags::settings_for(const TensorFile& weights) const {
  const GivenSettings flags = given();
  GivenSettings file = from_file();
  constexpr std::array kKinds{"circuit", "activity_norm", "error_norm"};
  const auto said = [&](std::string_view key) { return flags.has(key) || file.has(key); };
  const bool known = std::all_of(kKinds.begin(), kKinds.end(), [&](const std::string& key) {
    const auto found = weights.metadata.find(key);
    return found != weights.metadata.end() && find_setting(key)->can_hold(found->second);
  });
  if (known && !said("condition") && std::none_of(kKinds.begin(), kKinds.end(), said))
    for (const std::string_view key : kKinds)
      file.give(key, weights.metadata.at(std::string(key)), fmt::format("the weights' metadata: {}", key));
  // With one rule per layer, the number of rules must match the number of layers.
  const int layers = hidden_layers_in(weights);
  if (layers > 0 && find_setting("depth")->can_hold(fmt::format("{}", layers)) && !said("depth") && !said("width"))
    file.give("depth", fmt::format("{}", layers), "the weights");
  return resolve(file, flags);
}

}  // namespace chandelier

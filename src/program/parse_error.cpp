#include "program/parse_error.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>

#include "base/suggestion.hpp"

namespace chandelier {
namespace {

std::vector<std::string_view> views(const std::vector<std::string>& names) { return {names.begin(), names.end()}; }

std::vector<std::string> verbs_of(const CLI::App& app) {
  std::vector<std::string> verbs;
  for (const CLI::App* verb : app.get_subcommands([](const CLI::App*) { return true; })) {
    verbs.push_back(verb->get_name());
  }
  return verbs;
}

/// Without the leading dashes, which would make short names look similar.
std::vector<std::string> flags_of(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& name : option->get_lnames()) flags.push_back(name);
  }
  return flags;
}

}  // namespace

SettingError explain_parse_error(const CLI::App& root, const CLI::ParseError& error) {
  // The last command named is the one whose arguments could not be read.
  const CLI::App* app = &root;
  std::string command = "chandelier";
  while (!app->get_subcommands().empty()) {
    app = app->get_subcommands().back();
    command += " " + app->get_name();
  }
  const std::vector<std::string> verbs = verbs_of(*app);

  const std::vector<std::string> unknown = app->remaining();
  if (!unknown.empty()) {
    const std::string& first = unknown.front();
    if (first.starts_with('-')) {
      const std::string flag = first.substr(0, first.find('='));
      const std::vector<std::string> flags = flags_of(*app);
      const auto nearest = nearest_name(flag.substr(std::min(flag.find_first_not_of('-'), flag.size())), views(flags));
      const std::string suggestion =
          nearest ? fmt::format("did you mean '--{}'?", *nearest) : fmt::format("`{} --help` lists all flags", command);
      return SettingError(fmt::format("'{}' is not a flag of `{}`; {}", flag, command, suggestion));
    }
    if (!verbs.empty()) {
      return SettingError(fmt::format("'{}' is not a command of `{}`; it has {}{}", first, command,
                                      fmt::join(verbs, ", "), did_you_mean(first, views(verbs))));
    }
    return SettingError(fmt::format("`{}` does not take '{}'; see `{} --help`", command, first, command));
  }

  const std::string said = error.what();
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error)) {
    if (said.find("received") != std::string::npos)
      return SettingError(fmt::format("{} is given more than once; give it once", said.substr(0, said.find(':'))));
    return SettingError(fmt::format("{} needs a value; see `{} --help`", said.substr(0, said.find(':')), command));
  }
  if (dynamic_cast<const CLI::RequiredError*>(&error) && !verbs.empty() && app->get_require_subcommand_min() > 0) {
    return SettingError(fmt::format("`{}` needs a command: one of {}", command, fmt::join(verbs, ", ")));
  }
  return SettingError(fmt::format("{} (see `{} --help`)", said, command));
}

}  // namespace chandelier

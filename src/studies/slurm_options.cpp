#include "studies/slurm_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <string_view>
#include <vector>

#include "base/error.hpp"

namespace chandelier {
namespace {

/// Options that study submit sets itself.
constexpr std::array<std::string_view, 17> kOwn{"array",  "chdir",    "clusters",        "error",      "input",
                                                "nodes",  "ntasks",   "ntasks-per-node", "no-requeue", "open-mode",
                                                "output", "parsable", "requeue",         "signal",     "test-only",
                                                "wait",   "wrap"};
constexpr int kMostCpus = 4096;
constexpr double kMinute = 60, kHour = 3600, kDay = 86400;

std::optional<int> whole_number(std::string_view text) {
  int number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = error == std::errc() && rest == text.data() + text.size() && number >= 0 && text.front() != '-';
  return whole ? std::optional(number) : std::nullopt;
}

std::string text_of_value(const toml::node& value, const std::string& place) {
  if (value.is_string()) return value.ref<std::string>();
  if (const auto number = value.value_exact<std::int64_t>()) return fmt::format("{}", *number);
  throw SettingError(fmt::format("{} must be a string, a whole number, or true for an option without a value", place));
}

}  // namespace

void SlurmOptions::give(const std::string& name, const std::string& value, const std::string& origin) {
  std::string option = name;
  std::replace(option.begin(), option.end(), '_', '-');
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-";
  if (option.size() < 2 || option.front() == '-' || option.find_first_not_of(kLetters) != std::string::npos)
    throw SettingError(
        fmt::format("{}: '{}' is not a long option of sbatch; write, for example, qos = \"high\"", origin, name));
  if (std::find(kOwn.begin(), kOwn.end(), option) != kOwn.end())
    throw SettingError(
        fmt::format("{}: '{}' is set by study submit itself; you can set partition, time, mem, account, "
                    "constraint, cpus_per_task, tasks and all other options of sbatch",
                    origin, name));
  if (std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    throw SettingError(fmt::format("{}: {} contains a control character", origin, name));
  if (option == "time" && !seconds_of_slurm_time(value))
    throw SettingError(fmt::format(
        "{}: time is '{}'; write minutes, hours:minutes:seconds or days-hours:minutes:seconds, at least a minute",
        origin, value));
  if (option == "cpus-per-task")
    if (const auto cpus = value.empty() ? std::nullopt : whole_number(value); !cpus || *cpus < 1 || *cpus > kMostCpus)
      throw SettingError(
          fmt::format("{}: {} is '{}'; it must be a number from 1 to {}", origin, name, value, kMostCpus));
  sbatch[option] = value;
}

void SlurmOptions::give_tasks(std::int64_t count, const std::string& origin) {
  if (count < 1 || count > kMostTasks)
    throw SettingError(fmt::format("{}: tasks is {}; it must be from 1 to {}", origin, count, kMostTasks));
  tasks = static_cast<int>(count);
}

int SlurmOptions::cpus_per_task() const {
  const auto found = sbatch.find("cpus-per-task");
  return found == sbatch.end() ? 1 : whole_number(found->second).value();
}

double SlurmOptions::seconds() const {
  const auto found = sbatch.find("time");
  return seconds_of_slurm_time(found == sbatch.end() ? kUsualTime : found->second).value();
}

SlurmOptions read_slurm_options(const toml::table& plan, const std::string& origin) {
  SlurmOptions options;
  if (!plan.contains("slurm")) return options;
  const toml::table* const table = plan["slurm"].as_table();
  if (table == nullptr) throw SettingError(fmt::format("{}: slurm must be a table, [slurm]", origin));
  const std::string here = origin + ", [slurm]";
  for (const auto& [key, value] : *table) {
    const std::string name(key.str());
    if (name == "tasks") {
      const auto count = value.value_exact<std::int64_t>();
      if (!count) throw SettingError(fmt::format("{}: tasks must be a whole number", here));
      options.give_tasks(*count, here);
    } else if (const auto flag = value.value_exact<bool>()) {
      if (*flag) options.give(name, "", here);
    } else {
      options.give(name, text_of_value(value, fmt::format("{}: {}", here, name)), here);
    }
  }
  return options;
}

std::optional<double> seconds_of_slurm_time(const std::string& text) {
  std::string_view rest = text;
  double seconds = 0;
  const std::size_t dash = rest.find('-');
  const bool has_days = dash != std::string_view::npos;
  if (has_days) {
    const auto days = dash == 0 ? std::nullopt : whole_number(rest.substr(0, dash));
    if (!days) return std::nullopt;
    seconds = *days * kDay;
    rest.remove_prefix(dash + 1);
  }
  std::vector<int> parts;
  while (true) {
    const std::size_t colon = rest.find(':');
    const std::string_view part = rest.substr(0, colon);
    const auto number = part.empty() ? std::nullopt : whole_number(part);
    if (!number) return std::nullopt;
    parts.push_back(*number);
    if (colon == std::string_view::npos) break;
    rest.remove_prefix(colon + 1);
  }
  // With days, hours come next. Without days, a time begins with minutes unless it has all three parts.
  const std::vector<double> units =
      has_days || parts.size() == 3 ? std::vector{kHour, kMinute, 1.0} : std::vector{kMinute, 1.0};
  if (parts.size() > units.size()) return std::nullopt;
  for (std::size_t i = 0; i < parts.size(); ++i) seconds += parts[i] * units[i];
  return seconds >= kMinute ? std::optional(seconds) : std::nullopt;
}

}  // namespace chandelier

#include "studies/repeated_runs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <span>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "base/safetensors.hpp"
#include "base/sha256.hpp"
#include "studies/dead_settings.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

/// Whether a setting changes only what a run records, and no number that it computes.
bool is_about_records(const Setting& setting) {
  return setting.only_files || setting.group == find_setting("measure")->group;
}

/// The settings of the draws of one condition; everything else that differs between its runs is the same for all draws.
using SettingsOfDraws = std::vector<Settings>;

SettingsOfDraws settings_of_draws(const StudyPlan& plan, const std::string& condition) {
  SettingsOfDraws settings(plan.draws.values.size());
  for (const StudyRun& run : plan.runs)
    if (run.condition == condition) settings[static_cast<std::size_t>(run.draw)] = run.settings;
  // The same epsilon, data and seed for all draws. With "by draw", each draw keeps its seed, so it repeats no other.
  for (Settings& of_draw : settings) {
    of_draw.epsilon = settings.front().epsilon;
    of_draw.data = settings.front().data;
    if (!plan.seed_by_draw) of_draw.seed = settings.front().seed;
  }
  return settings;
}

/// Gives settings that cannot matter the same value in all draws.
void leave_what_matters(SettingsOfDraws& draws, const Draws& drawn) {
  const Settings first = draws.front();
  for (const Setting& setting : setting_list())
    if (is_about_records(setting))
      for (Settings& of_draw : draws) setting.put(of_draw, setting.of(first));

  // Draws that differ in a setting that is assumed to matter need no trial.
  std::vector<const Setting*> tried;
  for (const DrawnSetting& one : drawn.settings)
    if (const Setting* const setting = find_setting(one.key); shows_in_a_step(*setting)) tried.push_back(setting);
  const auto without_tried = [&](Settings settings) {
    for (const Setting* const setting : tried) setting->put(settings, setting->of(first));
    return settings;
  };
  std::vector<std::pair<Settings, std::vector<std::size_t>>> groups;
  for (std::size_t draw = 0; draw < draws.size(); ++draw) {
    const Settings rest = without_tried(draws[draw]);
    const auto group = std::ranges::find(groups, rest, &std::pair<Settings, std::vector<std::size_t>>::first);
    if (group == groups.end())
      groups.push_back({rest, {draw}});
    else
      group->second.push_back(draw);
  }
  for (const auto& [_, members] : groups) {
    if (members.size() < 2) continue;
    for (const Setting* const setting : tried) {
      std::vector<SettingValue> values;
      for (const std::size_t draw : members)
        if (const SettingValue value = setting->of(draws[draw]); std::ranges::find(values, value) == values.end())
          values.push_back(value);
      if (values.size() < 2) continue;
      // One after the other, so that each setting is tried with those found dead before it already made equal.
      std::vector<std::pair<Settings, bool>> known;
      for (const std::size_t draw : members) {
        const Settings context = trial_context(draws[draw], *setting);
        auto found = std::ranges::find(known, context, &std::pair<Settings, bool>::first);
        if (found == known.end()) {
          known.emplace_back(context, does_nothing(context, *setting, values));
          found = known.end() - 1;
        }
        if (found->second) setting->put(draws[draw], values.front());
      }
    }
  }
}

std::string why(const std::string& what_differs) {
  if (what_differs.empty()) return "equal settings";
  return fmt::format("{} {} no effect", what_differs, what_differs.find(',') == std::string::npos ? "has" : "have");
}

void repeat(StudyResult& result, const StudyRun& original, std::string message) {
  result.status = "repeats";
  result.repeats = {original.draw, original.seed};
  result.message = std::move(message);
  result.test_accuracy.reset();
  result.test_loss.reset();
}

/// A hash of all weights; none if they cannot be read.
std::optional<std::string> hash_of_weights(const std::filesystem::path& run_folder) {
  try {
    const TensorFile file = read_tensors(run_folder / "weights.safetensors");
    Sha256 hash;
    for (const auto& [name, tensor] : file.tensors) {
      hash.add(fmt::format("{} {} {}\n", name, static_cast<int>(tensor.type), fmt::join(tensor.shape, ",")));
      hash.add(tensor.bytes);
    }
    return hash.hexadecimal();
  } catch (const UserError&) {
    return std::nullopt;
  }
}

}  // namespace

std::size_t RepeatedRuns::count() const {
  std::size_t count = 0;
  for (std::size_t i = 0; i < first_alike.size(); ++i) count += first_alike[i] != i;
  return count;
}

RepeatedRuns repeated_runs(const StudyPlan& plan) {
  RepeatedRuns repeated;
  repeated.what_differs.resize(plan.runs.size());
  for (std::size_t i = 0; i < plan.runs.size(); ++i) repeated.first_alike.push_back(i);
  if (plan.draws.values.size() < 2) return repeated;

  std::map<std::string, std::vector<int>> first_draw;  // for each condition and draw: the first equivalent draw
  for (const std::string& condition : plan.conditions) {
    SettingsOfDraws draws = settings_of_draws(plan, condition);
    leave_what_matters(draws, plan.draws);
    for (const Settings& of_draw : draws)
      first_draw[condition].push_back(static_cast<int>(std::ranges::find(draws, of_draw) - draws.begin()));
  }
  std::map<std::tuple<std::string, std::string, double, int, std::uint64_t>, std::size_t> places;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    const StudyRun& run = plan.runs[i];
    places.emplace(std::tuple(run.condition, run.data, run.epsilon, run.draw, run.seed), i);
    const int first = first_draw[run.condition][static_cast<std::size_t>(run.draw)];
    if (first == run.draw) continue;
    repeated.first_alike[i] = places.at({run.condition, run.data, run.epsilon, first, run.seed});
    const Settings& other = plan.runs[repeated.first_alike[i]].settings;
    for (const Setting& setting : setting_list())
      if (setting.of(run.settings) != setting.of(other))
        repeated.what_differs[i] += (repeated.what_differs[i].empty() ? "" : ", ") + std::string(setting.key);
  }
  return repeated;
}

std::string numbers_in_words(std::span<const int> numbers) {
  std::string text;
  for (std::size_t i = 0, end = 0; i < numbers.size(); i = end) {
    end = i + 1;
    while (end < numbers.size() && numbers[end] == numbers[end - 1] + 1) ++end;
    const std::string part = end - i > 2 ? fmt::format("{} to {}", numbers[i], numbers[end - 1])
                                         : fmt::format("{}", fmt::join(numbers.subspan(i, end - i), ", "));
    text += (text.empty() ? "" : ", ") + part;
  }
  return text;
}

std::vector<std::string> in_words(const RepeatedRuns& repeated, const StudyPlan& plan) {
  // A statement that is the same for several conditions appears once.
  std::map<std::string, std::map<std::pair<int, std::string>, std::vector<int>>> of_condition;
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    const StudyRun& run = plan.runs[i];
    const StudyRun& first = plan.runs[repeated.first_alike[i]];
    if (first.draw == run.draw) continue;
    std::vector<int>& draws = of_condition[run.condition][{first.draw, why(repeated.what_differs[i])}];
    if (std::ranges::find(draws, run.draw) == draws.end()) draws.push_back(run.draw);
  }
  std::vector<std::pair<std::string, std::vector<std::string>>> statements;  // with the conditions of each
  for (const std::string& condition : plan.conditions)
    for (auto& [what, draws] : of_condition[condition]) {
      std::ranges::sort(draws);
      const std::string text =
          fmt::format("{} {} {} draw {} ({})", draws.size() == 1 ? "draw" : "draws", numbers_in_words(draws),
                      draws.size() == 1 ? "repeats" : "repeat", what.first, what.second);
      const auto found = std::ranges::find(statements, text, &std::pair<std::string, std::vector<std::string>>::first);
      if (found == statements.end())
        statements.push_back({text, {condition}});
      else
        found->second.push_back(condition);
    }
  std::vector<std::string> sentences;
  sentences.reserve(statements.size());
  for (const auto& [text, conditions] : statements)
    sentences.push_back(fmt::format("{}: {}",
                                    conditions.size() == plan.conditions.size()
                                        ? std::string("all conditions")
                                        : fmt::format("{}", fmt::join(conditions, ", ")),
                                    text));
  return sentences;
}

void mark_repeated(std::vector<StudyResult>& results, const RepeatedRuns& repeated) {
  std::map<std::size_t, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < results.size(); ++i) alike[repeated.first_alike[i]].push_back(i);
  for (const auto& group : alike) {
    const std::vector<std::size_t>& members = group.second;
    if (members.size() < 2) continue;
    const auto first = [&](auto&& is) {
      return std::ranges::find_if(members, [&](std::size_t i) { return is(results[i]); });
    };
    auto found = first(has_ended);
    if (found == members.end()) found = first([](const StudyResult& result) { return result.status != "left out"; });
    const std::size_t counted = found == members.end() ? members.front() : *found;
    const StudyRun& original = results[counted].run;
    for (const std::size_t i : members) {
      if (i == counted) continue;
      const std::string& differs =
          repeated.what_differs[i].empty() ? repeated.what_differs[counted] : repeated.what_differs[i];
      repeat(results[i], original, fmt::format("same as draw {}: {}", original.draw, why(differs)));
    }
  }
}

void mark_equal_weights(std::vector<StudyResult>& results, const std::filesystem::path& study_folder) {
  using Suspicion = std::tuple<std::string, std::string, double, double, double>;
  std::map<Suspicion, std::vector<std::size_t>> alike;
  for (std::size_t i = 0; i < results.size(); ++i) {
    const StudyResult& result = results[i];
    if (result.status == "finished" && result.test_accuracy && result.test_loss)
      alike[{result.run.condition, result.run.data, result.run.epsilon, *result.test_accuracy, *result.test_loss}]
          .push_back(i);
  }
  std::map<std::size_t, std::size_t> counted_in_place_of;
  for (const auto& group : alike) {
    const std::vector<std::size_t>& members = group.second;
    if (members.size() < 2) continue;
    std::map<std::string, std::size_t> first_with;
    for (const std::size_t i : members)
      if (const auto hash = hash_of_weights(study_folder / results[i].run.folder))
        if (const auto [first, is_new] = first_with.emplace(*hash, i); !is_new) counted_in_place_of[i] = first->second;
  }
  for (const auto& [i, original] : counted_in_place_of) {
    const StudyRun run = results[i].run, of = results[original].run;
    repeat(results[i], of,
           fmt::format("the same weights as {}seed {}", run.draw == of.draw ? "" : fmt::format("draw {} ", of.draw),
                       of.seed));
    for (StudyResult& other : results)  // runs that repeated this one now repeat the original
      if (other.repeats == RunNumber{run.draw, run.seed} && other.run.condition == run.condition &&
          other.run.data == run.data && other.run.epsilon == run.epsilon)
        other.repeats = RunNumber{of.draw, of.seed};
  }
}

}  // namespace chandelier

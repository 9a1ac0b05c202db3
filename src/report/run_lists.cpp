#include "report/run_lists.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>

#include "report/plain_text.hpp"
#include "statistics/comparison.hpp"
#include "studies/repeated_runs.hpp"

namespace chandelier {
namespace {

/// Why a run is listed: its status, or that it finished without an accuracy.
std::string reason_of(const StudyResult& result) {
  if (has_collapsed(result))
    return result.has_silent_layer ? "finished with a silent hidden layer"
                                   : fmt::format("finished at {:.2f} %", 100 * *result.test_accuracy);
  const std::string status = result.status == "finished" ? "finished without a test accuracy" : result.status;
  return result.message.empty() ? status : fmt::format("{} ({})", status, result.message);
}

/// Runs of one condition and epsilon with the same reason.
struct Group {
  std::string_view condition;
  double epsilon;
  std::string reason;
  std::map<std::uint64_t, std::vector<int>> runs;  ///< the draws with each seed

  std::size_t count() const {
    std::size_t count = 0;
    for (const auto& [_, draws] : runs) count += draws.size();
    return count;
  }
};

/// "seeds 1, 3", or "draw 2 seed 3, draws 4 to 9 seed 5" if there are several draws.
std::string names_of(const Group& group, StudyUnit unit) {
  std::vector<std::string> names;
  for (const auto& [seed, draws] : group.runs)
    names.push_back(unit == StudyUnit::seed ? std::to_string(seed)
                                            : fmt::format("draw{} {} seed {}", draws.size() == 1 ? "" : "s",
                                                          numbers_in_words(draws), seed));
  const char* const kind = unit == StudyUnit::draw ? "" : names.size() == 1 ? "seed " : "seeds ";
  return fmt::format("{}{}", kind, fmt::join(names, ", "));
}

std::vector<Group> groups_of(std::span<const StudyResult* const> runs) {
  std::vector<Group> groups;
  for (const StudyResult* const result : runs) {
    const StudyRun& run = result->run;
    const std::string reason = reason_of(*result);
    const auto same = std::ranges::find_if(groups, [&](const Group& group) {
      return group.condition == run.condition && group.epsilon == run.epsilon && group.reason == reason;
    });
    if (same == groups.end())
      groups.push_back({run.condition, run.epsilon, reason, {{run.seed, {run.draw}}}});
    else
      same->runs[run.seed].push_back(run.draw);
  }
  return groups;
}

std::string list(std::span<const StudyResult> results, std::span<const StudyResult* const> runs,
                 const std::string& heading) {
  if (runs.empty()) return {};
  std::string text = wrapped(fmt::format("{}: {} of {}", heading, runs.size(), results.size()));
  const StudyUnit unit = unit_of(results);
  for (const Group& group : groups_of(runs)) {
    const auto planned = std::ranges::count_if(results, [&](const StudyResult& result) {
      return result.run.condition == group.condition && result.run.epsilon == group.epsilon;
    });
    const std::string names = planned > 1 && std::cmp_equal(group.count(), planned)
                                  ? fmt::format("all {} runs", planned)
                                  : names_of(group, unit);
    text += wrapped(fmt::format("{}, epsilon {}, {}: {}", group.condition, group.epsilon, names, group.reason), 2);
  }
  return text;
}

/// Runs that repeat another. What holds at all epsilons or in several conditions is stated once.
std::string repetitions(std::span<const StudyResult> results) {
  std::map<std::string_view, std::map<std::string, std::set<int>>> draws_of;  // draws of each condition and reason
  std::vector<std::string_view> conditions;
  std::size_t count = 0;
  for (const StudyResult& result : results) {
    if (!result.repeats) continue;
    ++count;
    const StudyRun& run = result.run;
    const bool is_alone = run.draw == result.repeats->draw;  // a seed of the same draw
    draws_of[run.condition][is_alone ? fmt::format("seed {}: {}", run.seed, result.message) : result.message].insert(
        run.draw);
    if (std::ranges::find(conditions, run.condition) == conditions.end()) conditions.push_back(run.condition);
  }
  if (count == 0) return {};
  std::vector<std::pair<std::string, std::vector<std::string_view>>> statements;  // with the conditions of each
  for (const std::string_view condition : conditions)
    for (const auto& [reason, draws] : draws_of[condition]) {
      const std::vector<int> numbers(draws.begin(), draws.end());
      const std::string statement =
          fmt::format("draw{} {}: {}", numbers.size() == 1 ? "" : "s", numbers_in_words(numbers), reason);
      const auto same =
          std::ranges::find(statements, statement, &std::pair<std::string, std::vector<std::string_view>>::first);
      if (same == statements.end())
        statements.push_back({statement, {condition}});
      else
        same->second.push_back(condition);
    }
  std::string text =
      wrapped(fmt::format("Runs that repeat another run, counted once: {} of {}", count, results.size()));
  for (const auto& [statement, of] : statements)
    text += wrapped(fmt::format("{}, {}", fmt::join(of, ", "), statement), 2);
  return text;
}

}  // namespace

std::string lists_of_runs(std::span<const StudyResult> results, Named named) {
  std::vector<const StudyResult*> diverged, collapsed, without;
  for (const StudyResult& result : results)
    if (result.repeats)
      continue;
    else if (result.status == "diverged")
      diverged.push_back(&result);
    else if (!has_outcome(result))
      without.push_back(&result);
    else if (has_collapsed(result))
      collapsed.push_back(&result);
  constexpr std::string_view kDiverged = "Runs that diverged, counted at chance accuracy";
  const std::string collapsed_heading = fmt::format(
      "Runs that collapsed (within {} points of chance, or a silent layer), counted with their accuracy", kAboutChance);
  const auto failed = [&](const std::vector<const StudyResult*>& runs, std::string_view heading) {
    if (named == Named::every_run || runs.empty()) return list(results, runs, std::string(heading));
    return wrapped(fmt::format("{}: {} of {} (--all-tests lists them)", heading, runs.size(), results.size()));
  };
  std::string text;
  for (const std::string& one :
       {failed(diverged, kDiverged), failed(collapsed, collapsed_heading),
        list(results, without, "Runs without an outcome, left out of every number above"), repetitions(results)})
    if (!one.empty()) text += (text.empty() ? "" : "\n") + one;
  return text;
}

std::vector<StudyResult> with_status(std::span<const StudyResult> results, std::span<const StudyResult> replaced) {
  const auto key = [](const StudyResult& result) {
    const StudyRun& run = result.run;
    return std::tie(run.condition, run.data, run.epsilon, run.draw, run.seed);
  };
  std::vector<StudyResult> all(results.begin(), results.end());
  for (const StudyResult& other : replaced) *std::ranges::find(all, key(other), key) = other;
  return all;
}

std::vector<std::pair<std::string, std::vector<StudyResult>>> by_data_set(std::span<const StudyResult> results) {
  std::vector<std::pair<std::string, std::vector<StudyResult>>> sets;
  for (const StudyResult& result : results) {
    const auto found = std::ranges::find(sets, result.run.data, [](const auto& set) { return set.first; });
    if (found == sets.end())
      sets.push_back({result.run.data, {result}});
    else
      found->second.push_back(result);
  }
  return sets;
}

}  // namespace chandelier

#include "statistics/comparison.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/error.hpp"
#include "statistics/holm.hpp"
#include "statistics/independent_units.hpp"
#include "statistics/sign_flip.hpp"
#include "statistics/sign_test.hpp"
#include "studies/run_table.hpp"
#include "studies/study_results.hpp"

namespace chandelier {
namespace {

/// Epsilon, draw and seed, which the two runs of a pair share.
using Partner = std::tuple<double, int, std::uint64_t>;
using RunsOfCondition = std::map<Partner, const StudyResult*>;

/// The runs of a condition at one epsilon, or at all. A repeated run is replaced by the one that it repeats.
RunsOfCondition runs_of(std::span<const StudyResult> results, std::string_view condition,
                        std::optional<double> epsilon) {
  RunsOfCondition runs;
  for (const StudyResult& result : results) {
    const StudyRun& run = result.run;
    if (run.condition != condition || (epsilon && run.epsilon != *epsilon)) continue;
    if (!runs.emplace(Partner{run.epsilon, run.draw, run.seed}, &result).second)
      throw Bug(fmt::format("a study has the run of {} at epsilon {}, draw {}, seed {} twice", condition, run.epsilon,
                            run.draw, run.seed));
  }
  for (auto& [partner, result] : runs) {
    if (!result->repeats) continue;
    const auto original = runs.find({std::get<double>(partner), result->repeats->draw, result->repeats->seed});
    if (original == runs.end() || original->second->repeats)
      throw Bug(fmt::format("a run of {} repeats one that the study does not count", condition));
    result = original->second;
  }
  return runs;
}

/// One side of a difference at one epsilon, draw and seed: a run, or a weighted sum of several.
struct Outcome {
  std::vector<CountedRun> runs;
  std::optional<double> percent;
  int diverged = 0, collapsed = 0;  ///< among these runs
};
using Outcomes = std::map<Partner, Outcome>;

Outcomes outcomes_of(std::span<const StudyResult> results, std::span<const Weighted> sum, std::optional<double> epsilon,
                     Diverged diverged) {
  Outcomes outcomes;
  for (const auto& [condition, weight] : sum)
    for (const auto& [partner, result] : runs_of(results, condition, epsilon)) {
      Outcome& outcome = outcomes[partner];
      outcome.runs.push_back({condition, result->run.epsilon, {result->run.draw, result->run.seed}});
      outcome.diverged += result->status == "diverged";
      outcome.collapsed += has_collapsed(*result);
      outcome.percent = outcome.percent.value_or(0) + weight * test_percent(*result, diverged).value_or(NAN);
    }
  for (auto& [_, outcome] : outcomes)
    if (std::isnan(*outcome.percent)) outcome.percent.reset();
  std::erase_if(outcomes, [&](const auto& one) { return one.second.runs.size() < sum.size(); });
  return outcomes;
}

/// Identifies a pair. Two pairs of the same runs are the same pair.
using Pair = std::tuple<double, std::vector<CountedRun>, std::vector<CountedRun>>;
using Pairs = std::map<Pair, std::pair<const Outcome*, const Outcome*>>;

std::set<CountedRun> runs_in(const Pair& pair) {
  const auto& [_, a, b] = pair;
  std::set<CountedRun> runs(a.begin(), a.end());
  runs.insert(b.begin(), b.end());
  return runs;
}

/// The means of both sides over the pairs at one epsilon.
std::pair<double, double> means_at(const Pairs& pairs, double epsilon) {
  double a = 0, b = 0, n = 0;
  for (const auto& [pair, outcomes] : pairs) {
    if (std::get<double>(pair) != epsilon) continue;
    a += *outcomes.first->percent;
    b += *outcomes.second->percent;
    ++n;
  }
  return {a / n, b / n};
}

/// Both sides averaged over the epsilons; for an interaction, the differences at both epsilons.
std::pair<double, double> sides_of(const Pairs& pairs, const std::set<double>& epsilons,
                                   const std::optional<JitterStep>& between) {
  if (between) {
    const auto [a_high, b_high] = means_at(pairs, between->high);
    const auto [a_low, b_low] = means_at(pairs, between->low);
    return {a_high - b_high, a_low - b_low};
  }
  std::pair<double, double> sum{0, 0};
  for (const double epsilon : epsilons) {
    const auto [a, b] = means_at(pairs, epsilon);
    sum = {sum.first + a / static_cast<double>(epsilons.size()), sum.second + b / static_cast<double>(epsilons.size())};
  }
  return sum;
}

std::set<double> epsilons_in(const Pairs& pairs) {
  std::set<double> epsilons;
  for (const auto& [pair, _] : pairs) epsilons.insert(std::get<double>(pair));
  return epsilons;
}

/// The means of units at each epsilon, one after the other. Repeated runs count once.
std::vector<double> values_of_units(const Outcomes& outcomes, StudyUnit kind) {
  std::map<std::pair<double, std::uint64_t>, std::vector<double>> of_unit;
  std::set<std::vector<CountedRun>> counted;
  for (const auto& [partner, outcome] : outcomes) {
    const auto& [epsilon, draw, seed] = partner;
    if (outcome.percent && counted.insert(outcome.runs).second)
      of_unit[{epsilon, kind == StudyUnit::draw ? static_cast<std::uint64_t>(draw) : seed}].push_back(*outcome.percent);
  }
  std::vector<double> values;
  values.reserve(of_unit.size());
  for (const auto& [_, percents] : of_unit) values.push_back(without_rounding(sample_mean(percents)));
  return values;
}

/// Draws; or seeds, if shared runs merge all draws of both conditions.
StudyUnit unit_of_pairs(const Outcomes& first, const Outcomes& second) {
  std::map<int, std::set<CountedRun>> of_draw;
  for (const Outcomes* const side : {&first, &second})
    for (const auto& [partner, outcome] : *side)
      of_draw[std::get<int>(partner)].insert(outcome.runs.begin(), outcome.runs.end());
  std::vector<std::set<CountedRun>> runs;
  runs.reserve(of_draw.size());
  for (auto& [_, of_this] : of_draw) runs.push_back(std::move(of_this));
  const std::vector<std::size_t> components = independent_units(runs);
  return std::ranges::any_of(components, [](std::size_t component) { return component != 0; }) ? StudyUnit::draw
                                                                                               : StudyUnit::seed;
}

/// The pairs of a unit.
struct Unit {
  Pairs pairs;
  std::map<RunNumber, std::set<Pair>> of_each;  ///< pairs of each draw and seed
};

/// Merges units that share runs. @param by_number  units as the study numbers them
std::vector<Unit> joined(const std::map<std::uint64_t, Unit>& by_number) {
  std::vector<std::set<CountedRun>> runs;
  for (const auto& [_, unit] : by_number) {
    std::set<CountedRun>& of_unit = runs.emplace_back();
    for (const auto& [pair, outcomes] : unit.pairs) of_unit.merge(runs_in(pair));
  }
  const std::vector<std::size_t> components = independent_units(runs);
  std::map<std::size_t, Unit> units;
  std::size_t i = 0;
  for (const auto& [_, unit] : by_number) {
    Unit& whole = units[components[i++]];
    whole.pairs.insert(unit.pairs.begin(), unit.pairs.end());
    whole.of_each.insert(unit.of_each.begin(), unit.of_each.end());
  }
  std::vector<Unit> all;
  all.reserve(units.size());
  for (auto& [_, unit] : units) all.push_back(std::move(unit));
  return all;
}

/// The conditions whose runs are in pairs of several draws and seeds. Draws and seeds with exactly the same pairs count
/// once.
std::set<std::string> shared_conditions(const Unit& unit) {
  std::set<std::set<Pair>> different;
  for (const auto& [_, pairs] : unit.of_each) different.insert(pairs);
  std::set<CountedRun> seen;
  std::set<std::string> shared;
  for (const std::set<Pair>& pairs : different) {
    std::set<CountedRun> runs;
    for (const Pair& pair : pairs) runs.merge(runs_in(pair));
    for (const CountedRun& run : runs)
      if (!seen.insert(run).second) shared.insert(run.condition);
  }
  return shared;
}

/// The largest number of seeds at one epsilon.
int most_seeds(const Pairs& pairs) {
  std::map<double, std::set<std::uint64_t>> seeds;
  std::size_t most = 0;
  for (const auto& [pair, _] : pairs) {
    const auto& [epsilon, a, b] = pair;
    seeds[epsilon].insert(a.front().number.seed);
    most = std::max(most, seeds[epsilon].size());
  }
  return static_cast<int>(most);
}

/// A comparison without the numbers that depend on its family.
Comparison compared(std::span<const StudyResult> results, const Contrast& contrast, std::optional<double> epsilon,
                    double level, Diverged diverged) {
  Comparison comparison;
  comparison.first = contrast.first;
  comparison.second = contrast.second;
  comparison.label = contrast.label;
  comparison.between = contrast.between;
  comparison.epsilon = epsilon;
  Outcomes first = outcomes_of(results, contrast.first_sum, epsilon, diverged);
  Outcomes second = outcomes_of(results, contrast.second_sum, epsilon, diverged);
  if (contrast.between)
    for (Outcomes* const side : {&first, &second})
      std::erase_if(*side, [&](const auto& one) {
        const double here = std::get<double>(one.first);
        return here != contrast.between->low && here != contrast.between->high;
      });
  comparison.unit = unit_of_pairs(first, second);

  std::set<double> epsilons;
  std::set<Pair> planned, paired;
  std::map<std::uint64_t, Unit> by_number;
  for (const auto& [partner, b] : second)
    if (!first.contains(partner)) planned.insert({std::get<double>(partner), {}, b.runs});
  for (const auto& [partner, a] : first) {
    const auto& [here, draw, seed] = partner;
    const auto found = second.find(partner);
    if (found == second.end()) {
      planned.insert({here, a.runs, {}});
      continue;
    }
    const Outcome& b = found->second;
    const Pair pair{here, a.runs, b.runs};
    planned.insert(pair);
    epsilons.insert(here);
    if (!a.percent || !b.percent) continue;
    paired.insert(pair);
    Unit& unit = by_number[comparison.unit == StudyUnit::draw ? static_cast<std::uint64_t>(draw) : seed];
    unit.pairs.emplace(pair, std::pair{&a, &b});
    unit.of_each[{draw, seed}].insert(pair);
  }
  comparison.planned_pairs = static_cast<int>(planned.size());
  comparison.pairs = static_cast<int>(paired.size());

  std::vector<double> d;
  std::set<std::string> shared_by;
  Divergence& divergence = comparison.divergence;
  for (const Unit& unit : joined(by_number)) {
    int of_first_here = 0, of_second_here = 0;
    for (const auto& [pair, outcomes] : unit.pairs) {
      of_first_here += outcomes.first->diverged;
      of_second_here += outcomes.second->diverged;
      divergence.collapsed_first += outcomes.first->collapsed;
      divergence.collapsed_second += outcomes.second->collapsed;
    }
    divergence.first += of_first_here;
    divergence.second += of_second_here;
    // Shares, since a mean has more runs than a single condition.
    const auto share_first = of_first_here * std::ssize(contrast.second_sum);
    const auto share_second = of_second_here * std::ssize(contrast.first_sum);
    divergence.more_first += share_first > share_second;
    divergence.more_second += share_first < share_second;
    comparison.seeds_of_unit = std::max(comparison.seeds_of_unit, most_seeds(unit.pairs));
    if (epsilons_in(unit.pairs).size() < (contrast.between ? 2 : epsilons.size())) continue;
    const auto [a, b] = sides_of(unit.pairs, epsilons, contrast.between);
    comparison.of_first.push_back(without_rounding(a));
    comparison.of_second.push_back(without_rounding(b));
    d.push_back(without_rounding(a - b));
    if (const std::set<std::string> shared = shared_conditions(unit); !shared.empty()) {
      comparison.shared.pairs += static_cast<int>(unit.pairs.size());
      ++comparison.shared.units;
      shared_by.insert(shared.begin(), shared.end());
    }
  }
  comparison.shared.conditions.assign(shared_by.begin(), shared_by.end());
  divergence.runs_first = comparison.pairs * static_cast<int>(contrast.first_sum.size());
  divergence.runs_second = comparison.pairs * static_cast<int>(contrast.second_sum.size());
  if (!contrast.is_interaction()) divergence.p = sign_test(divergence.more_first, divergence.more_second);
  comparison.difference = paired_difference(comparison.of_first, comparison.of_second, level);
  comparison.p = sign_flip_test(d, std::vector<double>(d.size(), 0.0), kSignFlips, 0).p;
  comparison.shift = hodges_lehmann(d, level);
  comparison.wilcoxon = wilcoxon(d);
  comparison.rank_biserial = matched_rank_biserial(d);
  if (contrast.between || contrast.is_interaction()) return comparison;
  const StudyUnit kind = unit_of(results);
  const std::vector<double> x = values_of_units(first, kind), y = values_of_units(second, kind);
  comparison.unpaired = mann_whitney(x, y);
  comparison.cliffs_delta = cliffs_delta(x, y);
  return comparison;
}

void adjust(std::span<Comparison> family) {
  std::vector<double> p;
  p.reserve(family.size());
  for (const Comparison& comparison : family) p.push_back(comparison.p);
  const std::vector<double> adjusted = holm_adjusted(p);
  // Holm's adjustment is monotone: the least that a row can reach is what it has where all rows are at their least.
  std::vector<double> least;
  least.reserve(family.size());
  for (const Comparison& comparison : family)
    least.push_back(comparison.difference.n > 0 ? least_sign_flip_p(comparison.difference.n, kSignFlips) : NAN);
  const std::vector<double> least_adjusted = holm_adjusted(least);
  for (std::size_t i = 0; i < family.size(); ++i) {
    family[i].p_holm = adjusted[i];
    family[i].least_p_holm = least_adjusted[i];
  }
}

/// "; the first with a reason: ...", of runs without an outcome; empty where none says why.
std::string first_reason(std::span<const StudyResult> results) {
  const auto reason = std::ranges::find_if(results, [](const StudyResult& result) { return !result.message.empty(); });
  return reason == results.end() ? "" : "; the first with a reason: " + reason->message;
}

}  // namespace

double without_rounding(double points) { return std::round(points * 1e9) / 1e9; }

StudyUnit unit_of(std::span<const StudyResult> results) {
  std::set<int> draws;
  for (const StudyResult& result : results)
    if (!result.repeats) draws.insert(result.run.draw);
  return draws.size() > 1 ? StudyUnit::draw : StudyUnit::seed;
}

std::uint64_t unit_number(const StudyRun& run, StudyUnit kind) {
  return kind == StudyUnit::draw ? static_cast<std::uint64_t>(run.draw) : run.seed;
}

bool has_outcome(const StudyResult& result) { return test_percent(result, Diverged::at_chance).has_value(); }

std::vector<StudyResult> results_with_outcome(const StudyPlace& place) {
  std::vector<StudyResult> results = study_results(place.plan, place.folder);
  if (std::ranges::any_of(results, has_outcome)) return results;
  std::error_code ignored;
  if (!std::filesystem::is_directory(place.folder, ignored))
    throw DataError(
        fmt::format("{}: no such folder, so this study has not been run here; if it is elsewhere, name its folder "
                    "instead of the plan",
                    place.folder.string()));
  throw DataError(fmt::format("{}: none of the {} runs of this study has ended yet{}", place.folder.string(),
                              results.size(), first_reason(results)));
}

std::vector<StudyResult> results_with_outcome(const StudyPlace& place, std::span<const std::filesystem::path> tables) {
  if (tables.empty()) return results_with_outcome(place);
  std::vector<StudyResult> results = read_run_tables(place.plan, tables).results;
  if (std::ranges::any_of(results, has_outcome)) return results;
  throw DataError(fmt::format("{}: no run of this plan has a result in {}{}", tables.front().string(),
                              tables.size() == 1 ? "this table" : "these tables", first_reason(results)));
}

bool has_collapsed(const StudyResult& result) {
  const auto percent = result.status == "finished" ? test_percent(result, Diverged::at_chance) : std::nullopt;
  return percent && (result.has_silent_layer || is_about_chance(*percent, result.run.settings.classes));
}

std::string name_of(const Comparison& comparison) {
  if (!comparison.label.empty()) return comparison.label;
  std::string name = fmt::format("{} - {}", comparison.first, comparison.second);
  if (!comparison.between) return name;
  return fmt::format("{}, {} - {}", name, comparison.between->high, comparison.between->low);
}

std::optional<double> test_percent(const StudyResult& result, Diverged diverged) {
  if (result.status == "diverged")
    return diverged == Diverged::at_chance ? std::optional(100.0 / result.run.settings.classes) : std::nullopt;
  if (result.status != "finished" || !result.test_accuracy || !std::isfinite(*result.test_accuracy))
    return std::nullopt;
  return 100 * *result.test_accuracy;
}

RunAccuracies run_accuracies(std::span<const StudyResult> results, std::string_view condition, double epsilon,
                             Diverged diverged) {
  const StudyUnit kind = unit_of(results);
  std::map<std::uint64_t, std::vector<double>> of_unit;
  for (const StudyResult& result : results)
    if (result.run.condition == condition && result.run.epsilon == epsilon)
      if (const auto percent = test_percent(result, diverged))
        of_unit[unit_number(result.run, kind)].push_back(*percent);
  RunAccuracies runs;
  int number = 0;
  for (const auto& [_, percents] : of_unit) {
    runs.unit.insert(runs.unit.end(), percents.size(), number++);
    runs.percent.insert(runs.percent.end(), percents.begin(), percents.end());
  }
  return runs;
}

std::vector<double> unit_means(const RunAccuracies& runs) {
  std::map<int, std::vector<double>> of_unit;
  for (std::size_t i = 0; i < runs.unit.size(); ++i) of_unit[runs.unit[i]].push_back(runs.percent[i]);
  std::vector<double> values;
  values.reserve(of_unit.size());
  for (const auto& [_, percents] : of_unit) values.push_back(without_rounding(sample_mean(percents)));
  return values;
}

std::vector<Comparison> comparisons(std::span<const StudyResult> results, std::span<const Contrast> contrasts,
                                    double confidence, Diverged diverged) {
  const std::vector<double> epsilons = epsilons_of(results);
  std::vector<Comparison> all;
  const auto add_family = [&](std::span<const std::pair<const Contrast*, std::optional<double>>> questions) {
    if (questions.empty()) return;
    const double level = simultaneous_level(confidence, static_cast<int>(questions.size()));
    const std::size_t begin = all.size();
    for (const auto& [contrast, epsilon] : questions)
      all.push_back(compared(results, *contrast, epsilon, level, diverged));
    adjust(std::span(all).subspan(begin));
  };

  std::vector<std::pair<const Contrast*, std::optional<double>>> over_all, at_each;
  const auto is_here = [&](double epsilon) { return std::ranges::find(epsilons, epsilon) != epsilons.end(); };
  if (epsilons.size() > 1)
    for (const Contrast& contrast : contrasts)
      if (!contrast.between || (is_here(contrast.between->low) && is_here(contrast.between->high)))
        over_all.emplace_back(&contrast, std::nullopt);
  for (const double epsilon : epsilons) {
    const auto present = conditions_of(results, epsilon);
    const auto has = [&](std::string_view condition) { return std::ranges::find(present, condition) != present.end(); };
    for (const Contrast& contrast : contrasts) {
      if (!contrast.between && std::ranges::all_of(contrast.conditions(), has))
        at_each.emplace_back(&contrast, epsilon);
    }
  }
  add_family(over_all);
  add_family(at_each);
  return all;
}

std::vector<double> epsilons_of(std::span<const StudyResult> results) {
  std::set<double> epsilons;
  for (const StudyResult& result : results) epsilons.insert(result.run.epsilon);
  return {epsilons.begin(), epsilons.end()};
}

std::vector<std::string_view> conditions_of(std::span<const StudyResult> results, std::optional<double> epsilon) {
  std::vector<std::string_view> conditions;
  for (const StudyResult& result : results)
    if ((!epsilon || result.run.epsilon == *epsilon) &&
        std::ranges::find(conditions, result.run.condition) == conditions.end())
      conditions.push_back(result.run.condition);
  return conditions;
}

}  // namespace chandelier

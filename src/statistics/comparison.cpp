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
#include "statistics/sign_flip.hpp"
#include "statistics/sign_test.hpp"

namespace chandelier {
namespace {

constexpr std::uint32_t kSignFlips = 19'999;  // p from 0.00005: 40 tests adjusted together can still tell

constexpr std::array<std::pair<std::string_view, std::string_view>, 10> kDeclared{{{"inorm", "ei"},
                                                                                   {"inorm", "e-ln"},
                                                                                   {"inorm-full", "inorm"},
                                                                                   {"inorm-full", "e-ln"},
                                                                                   {"ei-ln", "ei"},
                                                                                   {"ei-ln", "e-ln"},
                                                                                   {"inorm-center", "e-ln"},
                                                                                   {"inorm-scale", "e-ln"},
                                                                                   {"inorm-decorrelate", "e-ln"},
                                                                                   {"inorm-lateral", "e-ln"}}};

/// Epsilon, draw and seed, which the two runs of a pair share.
using Partner = std::tuple<double, int, std::uint64_t>;
using RunsOfCondition = std::map<Partner, const StudyResult*>;

/// Of one epsilon, or of all.
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
  return runs;
}

struct PairsOfUnit {
  std::map<double, std::vector<std::pair<double, double>>> at;  ///< by epsilon
  int diverged_first = 0, diverged_second = 0;
};

/// The mean of the epsilons' means.
std::pair<double, double> means(const PairsOfUnit& pairs) {
  std::pair<double, double> sum{0, 0};
  for (const auto& [_, values] : pairs.at) {
    std::pair<double, double> here{0, 0};
    for (const auto& [a, b] : values) here = {here.first + a, here.second + b};
    const auto n = static_cast<double>(values.size() * pairs.at.size());
    sum = {sum.first + here.first / n, sum.second + here.second / n};
  }
  return sum;
}

/// The means of units at each epsilon, one after the other.
std::vector<double> values_of_units(const RunsOfCondition& runs, StudyUnit kind, Diverged diverged) {
  std::map<std::pair<double, std::uint64_t>, std::vector<double>> of_unit;
  for (const auto& [partner, result] : runs)
    if (const auto percent = test_percent(*result, diverged))
      of_unit[{std::get<double>(partner), unit_number(result->run, kind)}].push_back(*percent);
  std::vector<double> values;
  values.reserve(of_unit.size());
  for (const auto& [_, percents] : of_unit) values.push_back(without_rounding(sample_mean(percents)));
  return values;
}

/// All but what depends on the family.
Comparison compared(std::span<const StudyResult> results, const Contrast& contrast, std::optional<double> epsilon,
                    double level, Diverged diverged) {
  const StudyUnit kind = unit_of(results);
  Comparison comparison;
  comparison.first = contrast.first;
  comparison.second = contrast.second;
  comparison.epsilon = epsilon;
  const RunsOfCondition first = runs_of(results, contrast.first, epsilon);
  const RunsOfCondition second = runs_of(results, contrast.second, epsilon);

  std::set<double> epsilons;
  std::map<std::uint64_t, PairsOfUnit> units;
  comparison.planned_pairs = static_cast<int>(second.size());
  for (const auto& [partner, a] : first) {
    const auto found = second.find(partner);
    if (found == second.end()) {
      ++comparison.planned_pairs;
      continue;
    }
    const StudyResult* const b = found->second;
    epsilons.insert(a->run.epsilon);
    const auto percent_a = test_percent(*a, diverged), percent_b = test_percent(*b, diverged);
    if (!percent_a || !percent_b) continue;
    ++comparison.pairs;
    PairsOfUnit& pairs = units[unit_number(a->run, kind)];
    pairs.at[a->run.epsilon].emplace_back(*percent_a, *percent_b);
    pairs.diverged_first += a->status == "diverged";
    pairs.diverged_second += b->status == "diverged";
  }

  std::vector<double> d;
  Divergence& divergence = comparison.divergence;
  for (const auto& [_, pairs] : units) {
    divergence.first += pairs.diverged_first;
    divergence.second += pairs.diverged_second;
    divergence.more_first += pairs.diverged_first > pairs.diverged_second;
    divergence.more_second += pairs.diverged_first < pairs.diverged_second;
    if (pairs.at.size() < epsilons.size()) continue;
    const auto [a, b] = means(pairs);
    comparison.of_first.push_back(without_rounding(a));
    comparison.of_second.push_back(without_rounding(b));
    d.push_back(without_rounding(a - b));
  }
  divergence.p = sign_test(divergence.more_first, divergence.more_second);
  comparison.difference = paired_difference(comparison.of_first, comparison.of_second, level);
  comparison.p = sign_flip_test(d, std::vector<double>(d.size(), 0.0), kSignFlips, 0).p;
  comparison.shift = hodges_lehmann(d, level);
  comparison.wilcoxon = wilcoxon(d);
  comparison.rank_biserial = matched_rank_biserial(d);
  const std::vector<double> x = values_of_units(first, kind, diverged), y = values_of_units(second, kind, diverged);
  comparison.unpaired = mann_whitney(x, y);
  comparison.cliffs_delta = cliffs_delta(x, y);
  return comparison;
}

void adjust(std::span<Comparison> family) {
  std::vector<double> p;
  p.reserve(family.size());
  for (const Comparison& comparison : family) p.push_back(comparison.p);
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < family.size(); ++i) family[i].p_holm = adjusted[i];
}

}  // namespace

double without_rounding(double points) { return std::round(points * 1e9) / 1e9; }

StudyUnit unit_of(std::span<const StudyResult> results) {
  std::set<int> draws;
  for (const StudyResult& result : results) draws.insert(result.run.draw);
  return draws.size() > 1 ? StudyUnit::draw : StudyUnit::seed;
}

std::uint64_t unit_number(const StudyRun& run, StudyUnit kind) {
  return kind == StudyUnit::draw ? static_cast<std::uint64_t>(run.draw) : run.seed;
}

bool has_outcome(const StudyResult& result) { return test_percent(result, Diverged::at_chance).has_value(); }

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
  for (const auto& [_, result] : runs_of(results, condition, epsilon))
    if (const auto percent = test_percent(*result, diverged))
      of_unit[unit_number(result->run, kind)].push_back(*percent);
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

std::vector<Contrast> declared_contrasts(std::span<const StudyResult> results, std::span<const Contrast> of_plan) {
  if (!of_plan.empty()) return {of_plan.begin(), of_plan.end()};
  const auto present = conditions_of(results);
  const auto has = [&](std::string_view condition) { return std::ranges::find(present, condition) != present.end(); };
  std::vector<Contrast> contrasts;
  for (const auto& [first, second] : kDeclared)
    if (has(first) && has(second)) contrasts.push_back({std::string(first), std::string(second)});
  return contrasts;
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
  if (epsilons.size() > 1)
    for (const Contrast& contrast : contrasts) over_all.emplace_back(&contrast, std::nullopt);
  for (const double epsilon : epsilons) {
    const auto present = conditions_of(results, epsilon);
    const auto has = [&](std::string_view condition) { return std::ranges::find(present, condition) != present.end(); };
    for (const Contrast& contrast : contrasts)
      if (has(contrast.first) && has(contrast.second)) at_each.emplace_back(&contrast, epsilon);
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

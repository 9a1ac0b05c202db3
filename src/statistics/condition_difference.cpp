#include "statistics/condition_difference.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include "base/error.hpp"

namespace chandelier {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 6> declared{{{"inorm", "ei"},
                                                                                 {"inorm", "e-ln"},
                                                                                 {"inorm-full", "inorm"},
                                                                                 {"inorm-full", "e-ln"},
                                                                                 {"ei-ln", "ei"},
                                                                                 {"ei-ln", "e-ln"}}};

/// Draw and seed, which the two runs of a pair share.
using Partner = std::pair<int, std::uint64_t>;
/// Test accuracy in %, none where the run did not finish.
using Accuracies = std::map<Partner, std::optional<double>>;

Accuracies accuracies(std::span<const StudyResult> results, std::string_view condition, double epsilon) {
  Accuracies found;
  for (const StudyResult& result : results) {
    if (result.run.condition != condition || result.run.epsilon != epsilon) continue;
    const auto percent = is_finished(result) ? std::optional(100 * *result.test_accuracy) : std::nullopt;
    if (!found.emplace(Partner{result.run.draw, result.run.seed}, percent).second)
      throw Bug(fmt::format("a study has the run of {} at epsilon {}, draw {}, seed {} twice", condition, epsilon,
                            result.run.draw, result.run.seed));
  }
  return found;
}

std::uint64_t unit(const Partner& partner, StudyUnit kind) {
  return kind == StudyUnit::draw ? static_cast<std::uint64_t>(partner.first) : partner.second;
}

/// The mean of each unit.
std::vector<double> averaged(const std::map<std::uint64_t, std::vector<double>>& values_of_unit) {
  std::vector<double> means;
  means.reserve(values_of_unit.size());
  for (const auto& [_, values] : values_of_unit) means.push_back(sample_mean(values));
  return means;
}

/// Counts the pairs of two conditions and compares them; confidence is that of the one interval.
ConditionDifference compared(const Accuracies& first, const Accuracies& second, StudyUnit kind, double confidence) {
  std::set<Partner> partners;
  for (const auto& [partner, _] : first) partners.insert(partner);
  for (const auto& [partner, _] : second) partners.insert(partner);

  ConditionDifference result;
  result.planned_pairs = static_cast<int>(partners.size());
  std::map<std::uint64_t, std::vector<double>> of_first, of_second;
  for (const Partner& partner : partners) {
    const auto a = first.find(partner), b = second.find(partner);
    if (a == first.end() || b == second.end() || !a->second || !b->second) continue;
    ++result.pairs;
    of_first[unit(partner, kind)].push_back(*a->second);
    of_second[unit(partner, kind)].push_back(*b->second);
  }
  result.difference = paired_difference(averaged(of_first), averaged(of_second), confidence);
  return result;
}

}  // namespace

StudyUnit unit_of(std::span<const StudyResult> results) {
  std::set<int> draws;
  for (const StudyResult& result : results) draws.insert(result.run.draw);
  return draws.size() > 1 ? StudyUnit::draw : StudyUnit::seed;
}

bool is_finished(const StudyResult& result) {
  return result.status == "finished" && result.test_accuracy && std::isfinite(*result.test_accuracy);
}

std::vector<double> test_accuracies(std::span<const StudyResult> results, std::string_view condition, double epsilon) {
  const StudyUnit kind = unit_of(results);
  std::map<std::uint64_t, std::vector<double>> values_of_unit;
  for (const auto& [partner, percent] : accuracies(results, condition, epsilon))
    if (percent) values_of_unit[unit(partner, kind)].push_back(*percent);
  return averaged(values_of_unit);
}

std::vector<ConditionDifference> condition_differences(std::span<const StudyResult> results, double confidence) {
  struct Question {
    std::string_view first, second;
    double epsilon;
  };
  std::vector<Question> questions;
  for (const double epsilon : epsilons_of(results)) {
    const auto present = conditions_of(results, epsilon);
    const auto has = [&](std::string_view condition) { return std::ranges::find(present, condition) != present.end(); };
    for (const auto& [first, second] : declared)
      if (has(first) && has(second)) questions.push_back({first, second, epsilon});
  }

  const StudyUnit kind = unit_of(results);
  const auto family = static_cast<double>(questions.size());
  std::vector<ConditionDifference> differences;
  for (const Question& question : questions) {
    ConditionDifference& result = differences.emplace_back(
        compared(accuracies(results, question.first, question.epsilon),
                 accuracies(results, question.second, question.epsilon), kind, 1 - (1 - confidence) / family));
    result.first = question.first;
    result.second = question.second;
    result.epsilon = question.epsilon;
    if (result.difference.has_interval()) result.difference.p = std::min(1.0, family * result.difference.p);
  }
  return differences;
}

std::vector<double> epsilons_of(std::span<const StudyResult> results) {
  std::set<double> epsilons;
  for (const StudyResult& result : results) epsilons.insert(result.run.epsilon);
  return {epsilons.begin(), epsilons.end()};
}

std::vector<std::string_view> conditions_of(std::span<const StudyResult> results, double epsilon) {
  std::vector<std::string_view> conditions;
  for (const StudyResult& result : results)
    if (result.run.epsilon == epsilon && std::ranges::find(conditions, result.run.condition) == conditions.end())
      conditions.push_back(result.run.condition);
  return conditions;
}

}  // namespace chandelier

#include "report/selected_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "report/claims.hpp"
#include "report/comparison_tables.hpp"
#include "report/plain_text.hpp"
#include "report/run_lists.hpp"
#include "statistics/comparison.hpp"
#include "statistics/holm.hpp"
#include "statistics/quantiles.hpp"

namespace chandelier {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// A result and the accuracy that it is selected by, in %.
struct Candidate {
  const StudyResult* result;
  double test, by;
};

std::size_t count_of_units(std::span<const StudyResult> results) {
  const StudyUnit kind = unit_of(results);
  std::set<std::uint64_t> units;
  for (const StudyResult& result : results)
    if (!result.repeats) units.insert(unit_number(result.run, kind));
  return units.size();
}

/// Test accuracies of the selected units of a condition at one epsilon, best first.
std::vector<double> chosen(std::span<const Candidate> candidates, std::string_view condition, double epsilon, int best,
                           StudyUnit kind) {
  struct Unit {
    std::vector<double> test, by;
  };
  std::map<std::uint64_t, Unit> units;
  for (const auto& [result, test, by] : candidates) {
    const StudyRun& run = result->run;
    if (run.condition != condition || run.epsilon != epsilon) continue;
    Unit& accuracies = units[unit_number(run, kind)];
    accuracies.test.push_back(test);
    accuracies.by.push_back(by);
  }
  std::vector<std::pair<double, double>> ranked;  // by, test
  ranked.reserve(units.size());
  for (const auto& [_, unit] : units)
    ranked.emplace_back(without_rounding(sample_mean(unit.by)), without_rounding(sample_mean(unit.test)));
  std::ranges::stable_sort(ranked, std::ranges::greater{}, &std::pair<double, double>::first);
  ranked.resize(std::min(ranked.size(), static_cast<std::size_t>(best)));
  std::vector<double> values;
  values.reserve(ranked.size());
  for (const auto& [_, test] : ranked) values.push_back(test);
  return values;
}

std::string accuracies(const std::map<std::string_view, std::vector<double>>& chosen_of,
                       std::span<const std::string_view> conditions) {
  Rows rows{{"condition", "n", "median", "mean", "min", "max"}};
  for (const std::string_view condition : conditions) {
    const std::vector<double>& values = chosen_of.at(condition);
    rows.push_back({std::string(condition), std::to_string(values.size()), number(median(values)),
                    number(sample_mean(values)), number(values.empty() ? NAN : std::ranges::min(values)),
                    number(values.empty() ? NAN : std::ranges::max(values))});
  }
  return aligned(rows);
}

std::string unpaired_tests(const std::map<std::string_view, std::vector<double>>& chosen_of,
                           std::span<const Contrast> contrasts) {
  std::vector<MannWhitney> tests;
  std::vector<double> p;
  for (const Contrast& contrast : contrasts) {
    tests.push_back(mann_whitney(chosen_of.at(contrast.first), chosen_of.at(contrast.second)));
    p.push_back(tests.back().p);
  }
  const std::vector<double> adjusted = holm_adjusted(p);
  Rows rows{{"paper-faithful, unpaired", "U", "p", "p Holm", "delta"}};
  for (std::size_t i = 0; i < tests.size(); ++i) {
    const std::string &first = contrasts[i].first, &second = contrasts[i].second;
    rows.push_back({contrasts[i].label.empty() ? fmt::format("{} - {}", first, second) : contrasts[i].label,
                    std::isnan(tests[i].U) ? "-" : fmt::format("{}", tests[i].U), probability(p[i]),
                    probability(adjusted[i]), signed_number(cliffs_delta(chosen_of.at(first), chosen_of.at(second)))});
  }
  return rows.size() == 1 ? std::string() : "\n" + aligned(rows);
}

std::string table_of_one(std::span<const StudyResult> results, std::span<const Contrast> of_plan,
                         std::span<const Candidate> candidates, SelectBy by, int best) {
  const StudyUnit kind = unit_of(results);
  const std::string_view units = kind == StudyUnit::draw ? "draws" : "seeds";
  const std::vector<double> epsilons = epsilons_of(results);
  std::vector<Contrast> contrasts = declared_contrasts(results, of_plan);
  std::erase_if(contrasts, [](const Contrast& one) { return !one.is_pair(); });
  const std::vector<std::string_view> conditions = conditions_of(results);
  std::map<std::string_view, std::vector<double>> over_all;
  std::string text;
  const std::string heading = fmt::format("Test accuracy (%) of the best {} {} of each condition by {} accuracy", best,
                                          units, by == SelectBy::test ? "TEST" : "validation");
  for (const double epsilon : epsilons) {
    std::map<std::string_view, std::vector<double>> here;
    for (const std::string_view condition : conditions) {
      here[condition] = chosen(candidates, condition, epsilon, best, kind);
      std::vector<double>& all = over_all[condition];
      all.insert(all.end(), here[condition].begin(), here[condition].end());
    }
    text += wrapped(fmt::format("{}, epsilon {}", heading, epsilon)) + accuracies(here, conditions) +
            unpaired_tests(here, contrasts) + "\n";
  }
  if (epsilons.size() > 1)
    text += wrapped(fmt::format("{}, {} pooled", heading, epsilons_text(epsilons))) + accuracies(over_all, conditions) +
            unpaired_tests(over_all, contrasts) + "\n";
  return text;
}

/// Replaces `notes` if no data set has more than `best` units.
std::string nothing_chosen(std::size_t there, StudyUnit kind, int best) {
  return wrapped(
      fmt::format("Nothing was selected: the study has {} {}, so the best {} are all that have an outcome. Use `study "
                  "table` without --select for paired tests.",
                  there, kind == StudyUnit::draw ? "draws" : "seeds", best));
}

std::string notes(SelectBy by) {
  if (by == SelectBy::test)
    return wrapped(
               "Warning: selected by test accuracy, as in figures 2 and 3 of the paper. These numbers are too high: "
               "selection also picks luck on the test images, the more so the more the runs of a condition vary. "
               "Select "
               "on held-out images instead: set `validation` in the plan and use `--select validation N`.") +
           wrapped(
               "Warning: different units are selected in different conditions. This breaks the pairs, so there is no "
               "paired test, and p describes the selected values rather than testing a hypothesis.");
  return wrapped("Selected on images held out from training, so the selection does not inflate test accuracy.") +
         wrapped(
             "Different units are selected in different conditions. This breaks the pairs, so there is no paired test. "
             "Use `study table` without --select to compare all runs.");
}

}  // namespace

std::string selected_table(std::span<const StudyResult> results, SelectBy by, int best,
                           std::span<const std::optional<double>> validation, std::span<const Contrast> of_plan) {
  if (by == SelectBy::validation &&
      std::ranges::all_of(results, [](const StudyResult& result) { return result.run.settings.validation == 0; }))
    throw SettingError(
        "--select validation: the runs of this study held out no images; set `validation` in the plan, for example "
        "validation = 5000, and run the study again");
  const auto sets = by_data_set(results);
  std::vector<StudyResult> unusable;
  std::size_t most = 0;  // largest number of units in a data set
  std::string text;
  for (const auto& [name, of_set] : sets) {
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < results.size(); ++i) {
      const StudyResult& result = results[i];
      if (result.run.data != name) continue;
      const auto test = test_percent(result, Diverged::at_chance);
      if (!test) continue;
      if (by == SelectBy::test || result.status == "diverged")
        candidates.push_back({&result, *test, *test});
      else if (validation[i] && std::isfinite(*validation[i]))
        candidates.push_back({&result, *test, 100 * *validation[i]});
      else
        unusable.push_back({.run = result.run, .status = "without a validation accuracy"});
    }
    if (sets.size() > 1) text += fmt::format("Data set {}\n\n", name);
    most = std::max(most, count_of_units(of_set));
    text += table_of_one(of_set, of_plan, candidates, by, best);
  }
  text += std::cmp_less_equal(most, best) ? nothing_chosen(most, unit_of(results), best) : notes(by);
  return text + after_blank_line(lists_of_runs(with_status(results, unusable)));
}

}  // namespace chandelier

#include "report/condition_comparison.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "base/error.hpp"
#include "base/suggestion.hpp"
#include "report/comparison_tables.hpp"
#include "report/divergence_text.hpp"
#include "report/plain_text.hpp"
#include "report/run_lists.hpp"
#include "statistics/equivalence.hpp"
#include "statistics/holm.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

constexpr double kLevel = 0.05;

/// @param rows  a family
std::vector<WithinMargin> of_family(std::span<const Comparison> rows, double points) {
  std::vector<WithinMargin> all;
  std::vector<double> p;
  for (const Comparison& row : rows) {
    const Equivalence test = equivalence(row.of_first, row.of_second, points, kLevel);
    all.push_back({test.difference, test.p, NAN, false});
    p.push_back(test.p);
  }
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].p_holm = adjusted[i];
    all[i].shown = adjusted[i] < kLevel;
  }
  return all;
}

/// The family over all epsilons is one row, before those at each.
std::size_t rows_over_all(std::span<const Comparison> rows) { return rows.empty() || rows.front().epsilon ? 0 : 1; }

std::string equivalence_table(std::span<const Comparison> rows, std::span<const WithinMargin> equal) {
  std::vector<std::vector<std::string>> cells{{"epsilon", "mean", "90 % interval", "p", "p Holm", "within the margin"}};
  for (std::size_t i = 0; i < rows.size(); ++i)
    cells.push_back({epsilon_label().of(rows[i]), signed_number(equal[i].difference.mean),
                     signed_interval(equal[i].difference.low, equal[i].difference.high), probability(equal[i].p),
                     probability(equal[i].p_holm), equal[i].shown ? "shown" : "not shown"});
  return aligned(cells);
}

/// "= 0.012" or "< 0.001"
std::string p_in_words(double p) { return p < 0.001 ? "< 0.001" : "= " + probability(p); }

/// What one row shows; its p are those adjusted by Holm.
std::string sentence(const Comparison& row, const WithinMargin& equal, double points) {
  const PairedDifference& d = row.difference;
  const std::string names = fmt::format("{} - {}", row.first, row.second);
  if (d.n == 0) return fmt::format("{}: no pair of runs has an outcome, so nothing can be said.", names);
  const std::string numbers =
      fmt::format("mean difference {:+.2f} points{}, n = {}, p {}", d.mean,
                  d.has_interval() ? " " + signed_interval(d.low, d.high) : std::string(), d.n, p_in_words(row.p_holm));
  std::string text;
  if (row.p_holm < kLevel)
    text = fmt::format("{} is {} {} ({}).", row.first, d.mean > 0 ? "above" : "below", row.second, numbers);
  if (equal.shown)
    return fmt::format(
        "{}{}o difference of {:.2f} points or more: the mean difference lies within that margin ({}p {} "
        "of equivalence).",
        text, text.empty() ? "N" : " There is n", points, text.empty() ? numbers + "; " : "", p_in_words(equal.p_holm));
  if (!text.empty()) return text;
  return fmt::format("{}: neither a difference was shown ({}), nor that it is within {:.2f} points (p {}).", names,
                     numbers, points, p_in_words(equal.p_holm));
}

/// Added where a row has so few units that no test can tell much; empty elsewhere.
std::string caution(const Comparison& row) {
  if (!(row.least_p_holm >= kLevel)) return {};
  return fmt::format(
      " Caution: with n = {} the smallest p possible for a difference is {:.3g}, so nothing should be concluded, "
      "neither a difference nor that there is none.",
      row.difference.n, row.least_p_holm);
}

void check_condition(std::span<const StudyResult> results, std::string_view name) {
  const std::vector<std::string_view> conditions = conditions_of(results);
  if (std::ranges::find(conditions, name) != conditions.end()) return;
  const std::string hint = did_you_mean(name, conditions);
  std::string all;
  for (const std::string_view condition : conditions) all += (all.empty() ? "" : ", ") + std::string(condition);
  throw SettingError(fmt::format("the study has no condition '{}'{}", name, hint.empty() ? "; it has " + all : hint));
}

/// What is not named as a difference of conditions: what they stand for, what a study varies beside them, and what
/// changes no result.
constexpr std::array<std::string_view, 8> kNotNamed{"condition", "circuit", "activity_norm", "error_norm",
                                                    "epsilon",   "data",    "seed",          "measure"};

/// "mine differs from inorm-full in: error_part direction, momentum 0.5.", of runs that would form a pair; empty where
/// they differ in nothing but circuit and normalizations.
std::string different_settings(std::span<const StudyResult> results, const Contrast& contrast) {
  const auto partner = [](const StudyRun& run) { return std::tuple(run.epsilon, run.draw, run.seed); };
  std::map<std::tuple<double, int, std::uint64_t>, const Settings*> of_second;
  for (const StudyResult& result : results)
    if (result.run.condition == contrast.second) of_second[partner(result.run)] = &result.run.settings;

  std::vector<std::string> others;
  for (const Setting& setting : setting_list()) {
    if (setting.only_files || std::ranges::find(kNotNamed, setting.key) != kNotNamed.end()) continue;
    bool differs = false;
    std::set<std::string> values;  // of the first
    for (const StudyResult& result : results) {
      if (result.run.condition != contrast.first) continue;
      const SettingValue value = setting.of(result.run.settings);
      values.insert(text_of(value));
      const auto found = of_second.find(partner(result.run));
      differs = differs || (found != of_second.end() && setting.of(*found->second) != value);
    }
    if (differs)
      others.push_back(fmt::format("{} {}", setting.key,
                                   values.size() > 1         ? "varied"
                                   : values.begin()->empty() ? "none"
                                                             : *values.begin()));
  }
  if (others.empty()) return {};
  return wrapped(fmt::format("{} differs from {} in: {}.", contrast.first, contrast.second, fmt::join(others, ", ")));
}

std::string comparison_of_one(std::span<const StudyResult> results, const Contrast& contrast, double points) {
  const std::vector<Contrast> contrasts{contrast};
  const std::vector<Comparison> rows = comparisons(results, contrasts, 0.95);
  const std::vector<double> epsilons = epsilons_of(results);
  if (rows.empty())
    return wrapped(fmt::format("{} and {} have no epsilon in common.", contrast.first, contrast.second));

  const std::vector<WithinMargin> equal = within_margin(rows, points);

  std::string text = different_settings(results, contrast);
  for (std::size_t i = 0; i < rows.size(); ++i)
    text += wrapped(fmt::format(
        "{}: {}{}",
        rows[i].epsilon ? fmt::format("Epsilon {}", *rows[i].epsilon) : "Mean over " + epsilons_text(epsilons),
        sentence(rows[i], equal[i], points), caution(rows[i])));
  const RowLabel label = epsilon_label();
  text += "\n" + difference_tables(rows, label, fmt::format("{} - {}", contrast.first, contrast.second));
  text += fmt::format("\nEquivalence within a margin of {:.2f} points (two one-sided t tests)\n{}", points,
                      equivalence_table(rows, equal));
  text += after_blank_line(divergence_text(results, contrasts, rows, label));
  text += "\n" + wrapped(units_in_words(results));
  text += notes_on_comparisons(rows, unit_of(results));
  std::vector<StudyResult> both;
  std::ranges::copy_if(results, std::back_inserter(both), [&](const StudyResult& result) {
    return result.run.condition == contrast.first || result.run.condition == contrast.second;
  });
  return text + after_blank_line(lists_of_runs(both)) + lost_pairs(rows);
}

}  // namespace

std::vector<WithinMargin> within_margin(std::span<const Comparison> rows, double points) {
  const std::size_t over_all = rows_over_all(rows);
  std::vector<WithinMargin> all = of_family(rows.first(over_all), points);
  for (const WithinMargin& each : of_family(rows.subspan(over_all), points)) all.push_back(each);
  return all;
}

std::string condition_comparison(std::span<const StudyResult> results, std::string_view first, std::string_view second,
                                 double margin) {
  check_condition(results, first);
  check_condition(results, second);
  if (first == second) throw SettingError(fmt::format("{} cannot be compared with itself; name two conditions", first));
  const auto sets = by_data_set(results);
  std::string text;
  for (const auto& [name, of_set] : sets) {
    if (sets.size() > 1) text += fmt::format("{}Data set {}\n\n", text.empty() ? "" : "\n\n", name);
    text += comparison_of_one(of_set, {std::string(first), std::string(second)}, 100 * margin);
  }
  return text;
}

}  // namespace chandelier

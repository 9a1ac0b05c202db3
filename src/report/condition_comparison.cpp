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
#include "report/claims.hpp"
#include "report/comparison_tables.hpp"
#include "report/divergence_text.hpp"
#include "report/equivalence_table.hpp"
#include "report/plain_text.hpp"
#include "report/run_lists.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

/// What one row shows, with p adjusted by Holm.
std::string sentence(const Comparison& row, const WithinMargin& equal, double points) {
  const PairedDifference& d = row.difference;
  const std::string names = fmt::format("{} - {}", row.first, row.second);
  if (d.n == 0) return fmt::format("{}: no pair of runs has an outcome yet, so there is no result.", names);
  const std::string numbers =
      fmt::format("mean difference {:+.2f} points{}, n = {}, {}", d.mean,
                  d.has_interval() ? " " + signed_interval(d.low, d.high) : std::string(), d.n, p_text(row.p_holm));
  std::string text;
  if (row.p_holm < kClaimLevel)
    text = fmt::format("{} is {} {} ({}).", row.first, d.mean > 0 ? "above" : "below", row.second, numbers);
  if (equal.shown)
    return fmt::format(
        "{}{}o difference of {:.2f} points or more: the mean difference is within that margin ({}{} for "
        "equivalence).",
        text, text.empty() ? "N" : " There is n", points, text.empty() ? numbers + "; " : "", p_text(equal.p_holm));
  if (!text.empty()) return text;
  return fmt::format("{}: the data show neither a difference ({}) nor equivalence within {:.2f} points ({}).", names,
                     numbers, points, p_text(equal.p_holm));
}

/// A warning for rows with too few units for any test; otherwise empty.
std::string caution(const Comparison& row) {
  if (!(row.least_p_holm >= kClaimLevel)) return {};
  return fmt::format(
      " Caution: with n = {} the smallest possible p for a difference is {:.3g}, so conclude neither that there is a "
      "difference nor that there is none.",
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

/// Settings not listed as differences of conditions: those that define a condition, those that the study varies, and
/// `measure`, which changes no result.
constexpr std::array<std::string_view, 8> kNotNamed{"condition", "circuit", "activity_norm", "error_norm",
                                                    "epsilon",   "data",    "seed",          "measure"};

/// "mine differs from inorm-full in: error_part direction, momentum 0.5.", comparing runs that form a pair. Empty if
/// they differ only in circuit and normalizations.
std::string different_settings(std::span<const StudyResult> results, const Contrast& contrast) {
  const auto partner = [](const StudyRun& run) { return std::tuple(run.epsilon, run.draw, run.seed); };
  std::map<std::tuple<double, int, std::uint64_t>, const Settings*> of_second;
  for (const StudyResult& result : results)
    if (result.run.condition == contrast.second) of_second[partner(result.run)] = &result.run.settings;

  std::vector<std::string> others;
  for (const Setting& setting : setting_list()) {
    if (setting.only_files || std::ranges::find(kNotNamed, setting.key) != kNotNamed.end()) continue;
    bool differs = false;
    std::set<std::string> values;  // values in the first condition
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
                      equivalence_table(rows, equal, label));
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

std::string condition_comparison(std::span<const StudyResult> results, std::string_view first, std::string_view second,
                                 double margin) {
  check_condition(results, first);
  check_condition(results, second);
  if (first == second) throw SettingError(fmt::format("{} cannot be compared with itself; name two conditions", first));
  const auto sets = by_data_set(results);
  std::string text;
  for (const auto& [name, of_set] : sets) {
    if (sets.size() > 1) text += fmt::format("{}Data set {}\n\n", text.empty() ? "" : "\n\n", name);
    text += comparison_of_one(of_set, Contrast(first, second), 100 * margin);
  }
  return text;
}

}  // namespace chandelier

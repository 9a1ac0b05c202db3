#include "report/condition_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>

#include "report/claims.hpp"
#include "report/comparison_tables.hpp"
#include "report/plain_text.hpp"
#include "statistics/quantiles.hpp"
#include "training/conditions.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

/// What a row of the matrix stands for, and what every run has by design.
constexpr std::array<std::string_view, 7> kNotInColumns{"condition", "circuit", "activity_norm", "error_norm",
                                                        "epsilon",   "seed",    "data"};

std::string row_of(const Settings& settings) {
  const std::string_view known = condition_of(settings.circuit, settings.activity_norm, settings.error_norm);
  if (!known.empty()) return std::string(known);
  return fmt::format("{}, activity {}, error {}", settings.circuit, settings.activity_norm, settings.error_norm);
}

/// The value of a setting in the runs of a condition; "varied" if a draw varies it.
std::string value_in(const FigureSource& source, std::string_view condition, const Setting& setting) {
  std::string value;
  bool is_first = true;
  for (const StudyResult& result : source.results) {
    if (result.run.condition != condition) continue;
    const std::string here = text_of(setting.of(result.run.settings));
    if (!is_first && here != value) return "varied";
    value = here;
    is_first = false;
  }
  return value;
}

/// The settings that are not the same in all conditions.
std::vector<const Setting*> distinguishing(const FigureSource& source) {
  std::vector<const Setting*> found;
  for (const Setting& setting : setting_list()) {
    if (std::ranges::find(kNotInColumns, setting.key) != kNotInColumns.end() || setting.only_files) continue;
    std::set<std::string> values;
    for (const std::string_view condition : source.conditions) values.insert(value_in(source, condition, setting));
    if (values.size() > 1) found.push_back(&setting);
  }
  return found;
}

/// "feedback fixed": what differs from the defaults; "default" where nothing does.
std::string column_of(const FigureSource& source, std::string_view condition, std::span<const Setting* const> keys) {
  std::string text;
  for (const Setting* const setting : keys)
    if (const std::string value = value_in(source, condition, *setting); value != setting->default_text())
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", setting->key, value);
  return text.empty() ? "default" : text;
}

}  // namespace

Json condition_matrix(const FigureSource& source) {
  Json fig = figure("condition-matrix", "Accuracy of every condition");
  const std::vector<const Setting*> keys = distinguishing(source);
  DataTable table({"row", "column", "condition", "epsilon", "n", "value"});
  std::set<std::string> rows, columns;
  std::string alt;
  for (const std::string_view condition : source.conditions) {
    const Settings& settings = source.settings_of(condition);
    const std::string row = row_of(settings), column = column_of(source, condition, keys);
    rows.insert(row);
    columns.insert(column);
    for (const double epsilon : source.epsilons) {
      const std::vector<double> values = values_of(accuracy_points(source, condition, epsilon));
      if (values.empty()) continue;
      const double mean = sample_mean(values);
      table.add(row, column, condition, epsilon, values.size(), rounded(mean, 6));
      if (epsilon == source.epsilons.back())
        alt += fmt::format("{} {} {}", alt.empty() ? "" : ";", condition, number(mean));
    }
  }
  if (rows.size() < 2 || columns.size() < 2) {
    fig["missing"].push_back(
        "This needs conditions that differ in a normalization and in another setting, such as feedback "
        "(studies/feedback.toml).");
    return fig;
  }
  add_panel(fig, "matrix", "Mean test accuracy (%)", table, "No run has an outcome yet.");
  fig["caption"] = fmt::format(
      "Mean test accuracy after the last epoch over {}s, {}. Rows: circuit and normalizations. Columns: what else "
      "distinguishes the conditions. A run that diverged counts at chance. The tests are in the table of differences.",
      source.unit_name(), n_text(source, source.conditions));
  if (!alt.empty()) fig["alt"] = fmt::format("Means at epsilon {}:{}.", source.epsilons.back(), alt);
  return fig;
}

Json declared_differences(const FigureSource& source, std::span<const Comparison> rows) {
  Json fig = figure("differences", "Differences between conditions");
  DataTable table({"difference", "epsilon", "mean", "low", "high", "p", "n"});
  std::string alt, labels;
  std::set<std::string> explained;
  for (const Comparison& row : rows) {
    if (!row.label.empty() && explained.insert(row.label).second)
      labels += fmt::format("{}{}: {} - {}.", labels.empty() ? "" : " ", row.label, row.first, row.second);
    const PairedDifference& d = row.difference;
    if (d.n == 0) continue;
    const bool has_interval = d.has_interval();
    table.add(contrast_label().of(row), row.epsilon ? fmt::format("epsilon {}", *row.epsilon) : "all epsilons",
              rounded(d.mean, 5), has_interval ? Json(rounded(d.low, 5)) : Json(nullptr),
              has_interval ? Json(rounded(d.high, 5)) : Json(nullptr),
              std::isnan(row.p_holm) ? Json(nullptr) : Json(rounded(row.p_holm, 4)), d.n);
    if (!row.epsilon || source.epsilons.size() == 1)
      alt += fmt::format("{} {} {} {}", alt.empty() ? "" : ";", contrast_label().of(row), signed_number(d.mean),
                         signed_interval(d.low, d.high));
  }
  add_panel(fig, "contrasts", "Difference in test accuracy (percentage points)", table,
            rows.empty() ? "The study declares no differences." : "No pair of runs has an outcome yet.",
            {{"margin", kMargin}});
  if (table.empty()) return fig;
  fig["caption"] = fmt::format(
      "Mean of the paired differences over {}s with 95 % intervals; filled where p < .05 by sign flips, corrected by "
      "Holm. Intervals and p hold for a family: the differences over all epsilons, or all those at one epsilon. Grey "
      "band: differences of at most {} points, which count as negligible.{}",
      source.unit_name(), kMargin, labels.empty() ? "" : " " + labels);
  fig["alt"] = fmt::format("Means and intervals in points:{}.", alt);
  return fig;
}

}  // namespace chandelier

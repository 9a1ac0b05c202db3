#include "report/study_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <vector>

#include "report/claim_sentences.hpp"
#include "report/claims.hpp"
#include "report/comparison_tables.hpp"
#include "report/divergence_text.hpp"
#include "report/equivalence_table.hpp"
#include "report/mixed_origins.hpp"
#include "report/plain_text.hpp"
#include "report/run_lists.hpp"
#include "report/search_edges.hpp"
#include "statistics/bootstrap.hpp"
#include "statistics/comparison.hpp"
#include "statistics/quantiles.hpp"

namespace chandelier {
namespace {

constexpr std::uint32_t kResamples = 2000;

using Rows = std::vector<std::vector<std::string>>;

/// The interquartile mean over units. Draws are resampled, then seeds within a draw.
BootstrapInterval interquartile_interval(const RunAccuracies& runs) {
  std::vector<std::size_t> size;  // number of runs of each unit
  for (const int unit : runs.unit) {
    size.resize(static_cast<std::size_t>(unit) + 1);
    ++size[static_cast<std::size_t>(unit)];
  }
  // The rows of a resampled unit are adjacent, as many as it has runs.
  const auto statistic = [&](std::span<const std::size_t> rows) {
    std::vector<double> means;
    while (!rows.empty()) {
      const std::size_t count = size[static_cast<std::size_t>(runs.unit[rows.front()])];
      double sum = 0;
      for (const std::size_t row : rows.first(count)) sum += runs.percent[row];
      means.push_back(sum / static_cast<double>(count));
      rows = rows.subspan(count);
    }
    return interquartile_mean(means);
  };
  return cluster_bootstrap(runs.unit, statistic, {.resamples = kResamples});
}

/// How many runs of a condition, at one epsilon or at any, satisfy a predicate. An empty condition means any.
template <class Question>
std::ptrdiff_t count_of(std::span<const StudyResult> results, std::string_view condition, std::optional<double> epsilon,
                        const Question& question) {
  return std::ranges::count_if(results, [&](const StudyResult& result) {
    return (!epsilon || result.run.epsilon == *epsilon) && (condition.empty() || result.run.condition == condition) &&
           question(result);
  });
}

/// Columns that count runs that diverged, collapsed or have no outcome, if there are any.
struct TroubleColumns {
  struct Column {
    std::string heading;
    bool (*is)(const StudyResult&);
  };
  std::vector<Column> columns;

  TroubleColumns(std::span<const StudyResult> results, std::optional<double> epsilon) {
    const std::vector<Column> all{
        {"diverged", [](const StudyResult& result) { return result.status == "diverged"; }},
        {"collapsed", [](const StudyResult& result) { return has_collapsed(result); }},
        {"no outcome", [](const StudyResult& result) { return !has_outcome(result) && !result.repeats; }}};
    for (const Column& column : all)
      if (count_of(results, "", epsilon, column.is) > 0) columns.push_back(column);
  }
  void add_headings(std::vector<std::string>& row) const {
    for (const Column& column : columns) row.push_back(column.heading);
  }
  void add_counts(std::vector<std::string>& row, std::span<const StudyResult> results, std::string_view condition,
                  std::optional<double> epsilon) const {
    for (const Column& column : columns)
      row.push_back(std::to_string(count_of(results, condition, epsilon, column.is)));
  }
};

std::string accuracy_table(std::span<const StudyResult> results, double epsilon) {
  const TroubleColumns trouble(results, epsilon);
  Rows rows{{"condition", "n", "median", "IQM", "95 % interval", "mean", "sd", "min"}};
  trouble.add_headings(rows.front());
  for (const std::string_view condition : conditions_of(results, epsilon)) {
    const RunAccuracies runs = run_accuracies(results, condition, epsilon);
    const std::vector<double> values = unit_means(runs);
    const BootstrapInterval middle = interquartile_interval(runs);
    rows.push_back({std::string(condition), std::to_string(values.size()), number(median(values)),
                    number(middle.estimate), interval(middle.low, middle.high), number(sample_mean(values)),
                    number(sample_sd(values)), number(values.empty() ? NAN : std::ranges::min(values))});
    trouble.add_counts(rows.back(), results, condition, epsilon);
  }
  return fmt::format("Test accuracy after the last epoch (%), epsilon {}\n{}", epsilon, aligned(rows));
}

/// Only medians, with one column per epsilon.
std::string median_table(std::span<const StudyResult> results, std::span<const double> epsilons) {
  const TroubleColumns trouble(results, std::nullopt);
  Rows rows{{"condition", "n"}};
  for (const double epsilon : epsilons) rows.front().push_back(fmt::format("eps {}", epsilon));
  trouble.add_headings(rows.front());
  for (const std::string_view condition : conditions_of(results)) {
    std::size_t fewest = SIZE_MAX, most = 0;
    std::vector<std::string> medians;
    for (const double epsilon : epsilons) {
      const std::vector<double> values = unit_means(run_accuracies(results, condition, epsilon));
      fewest = std::min(fewest, values.size());
      most = std::max(most, values.size());
      medians.push_back(number(median(values)));
    }
    rows.push_back(
        {std::string(condition), fewest == most ? fmt::format("{}", most) : fmt::format("{} to {}", fewest, most)});
    rows.back().insert(rows.back().end(), medians.begin(), medians.end());
    trouble.add_counts(rows.back(), results, condition, std::nullopt);
  }
  return "Test accuracy after the last epoch (%), median\n" + aligned(rows);
}

/// How to read the columns of `accuracy_table`.
std::string notes_on_accuracies(std::span<const StudyResult> results) {
  const bool by_draw = unit_of(results) == StudyUnit::draw;
  return wrapped(
      fmt::format("sd: over {}. IQM: interquartile mean, with a bootstrap interval over {} (too short if there are "
                  "fewer than 20).",
                  by_draw ? "draws" : "seeds", by_draw ? "draws and seeds within them" : "seeds"));
}

constexpr std::string_view kNothingDeclared =
    "No differences are shown: the plan declares none, and this study lacks a condition of each of the claims about "
    "normalization. Declare differences in the plan, for example compare = [\"mine - inorm\"], or use `study compare` "
    "for any two conditions.";

/// The equivalence tests of what the plan declares; none where it declares nothing.
std::vector<WithinMargin> declared_within_margin(std::span<const Contrast> of_plan, std::span<const Comparison> rows) {
  return of_plan.empty() ? std::vector<WithinMargin>{} : within_margin(rows, kMargin);
}

/// Equivalence tests of what the plan declares, at an epsilon or over all. Claims have equivalence tests of their own.
/// @param equal  `within_margin` of all rows; empty if the plan declares nothing
std::string margin_text(std::span<const Comparison> rows, std::span<const WithinMargin> equal,
                        std::optional<double> epsilon) {
  if (equal.empty()) return {};
  std::vector<WithinMargin> here;
  for (std::size_t i = 0; i < rows.size(); ++i)
    if (rows[i].epsilon == epsilon) here.push_back(equal[i]);
  if (here.empty()) return {};
  return fmt::format("Equivalence within a margin of {} points (two one-sided t tests)\n{}{}", kMargin,
                     equivalence_table(at_epsilon(rows, epsilon), here, contrast_label()),
                     wrapped("Shown where p Holm is below 0.05; the intervals are not corrected."));
}

/// Only the primary test and the claims: what fits on a screen.
std::string answer_of_one(std::span<const StudyResult> results, std::span<const Contrast> of_plan, const Draws& draws) {
  const std::vector<Comparison> rows = comparisons(results, declared_contrasts(results, of_plan), 0.95);
  const std::vector<double> epsilons = epsilons_of(results);
  const bool has_several = epsilons.size() > 1;
  const std::vector<Comparison> main =
      at_epsilon(rows, has_several || epsilons.empty() ? std::nullopt : std::optional(epsilons.front()));
  std::string text;
  if (has_several)
    text += median_table(results, epsilons);
  else if (!epsilons.empty())
    text += accuracy_table(results, epsilons.front());
  if (!main.empty())
    text += fmt::format("\nDifferences in test accuracy (percentage points), {}\n{}",
                        has_several ? "mean over " + epsilons_text(epsilons) : epsilons_text(epsilons),
                        primary_table(main, contrast_label()));
  text += after_blank_line(
      margin_text(rows, declared_within_margin(of_plan, rows), main.empty() ? std::nullopt : main.front().epsilon));
  text += "\n" + wrapped(units_in_words(results));
  text += rows.empty() ? wrapped(kNothingDeclared) : notes_on_comparisons(rows, unit_of(results), false);
  if (!search_edges(results, draws).empty())
    text += wrapped("Some optima lie at the edge of the searched range; --all-tests lists them.");
  return text + after_blank_line(lists_of_runs(results, Named::those_without_outcome)) + lost_pairs(rows) +
         after_blank_line(mixed_origins(results)) + after_blank_line(claims_text(results));
}

std::string all_of_one(std::span<const StudyResult> results, std::span<const Contrast> of_plan, const Draws& draws) {
  const std::vector<Contrast> contrasts = declared_contrasts(results, of_plan);
  const std::vector<Comparison> rows = comparisons(results, contrasts, 0.95);
  const std::vector<double> epsilons = epsilons_of(results);
  const RowLabel label = contrast_label();
  std::string text = difference_tables(at_epsilon(rows, std::nullopt), label, "mean over " + epsilons_text(epsilons));
  const std::vector<WithinMargin> equal = declared_within_margin(of_plan, rows);
  text += after_blank_line(margin_text(rows, equal, std::nullopt));
  for (const double epsilon : epsilons)
    text += (text.empty() ? "" : "\n") + accuracy_table(results, epsilon) +
            after_blank_line(difference_tables(at_epsilon(rows, epsilon), label, fmt::format("epsilon {}", epsilon))) +
            after_blank_line(margin_text(rows, equal, epsilon));
  text += after_blank_line(divergence_text(results, contrasts, rows, label));
  text += "\n" + wrapped(units_in_words(results)) + notes_on_accuracies(results);
  text +=
      rows.empty()
          ? wrapped(kNothingDeclared)
          : notes_on_comparisons(rows, unit_of(results)) +
                wrapped(
                    "A large p does not mean that two conditions are equal; `study compare` tests for equivalence.");
  return text + after_blank_line(search_edges(results, draws)) + after_blank_line(lists_of_runs(results)) +
         lost_pairs(rows) + after_blank_line(mixed_origins(results)) + after_blank_line(claims_text(results, true));
}

}  // namespace

std::string study_table(std::span<const StudyResult> results, std::span<const Contrast> of_plan, const Draws& draws,
                        Shown shown) {
  const auto sets = by_data_set(results);
  std::string text;
  for (const auto& [name, of_set] : sets) {
    if (sets.size() > 1) text += fmt::format("{}Data set {}\n\n", text.empty() ? "" : "\n\n", name);
    text += shown == Shown::all_tests ? all_of_one(of_set, of_plan, draws) : answer_of_one(of_set, of_plan, draws);
  }
  return text;
}

}  // namespace chandelier

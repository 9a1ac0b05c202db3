#include "report/study_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <vector>

#include "report/comparison_tables.hpp"
#include "report/divergence_text.hpp"
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

/// The interquartile mean over units; draws are resampled, then seeds within a draw.
BootstrapInterval interquartile_interval(const RunAccuracies& runs) {
  std::vector<std::size_t> size;  // runs of each unit
  for (const int unit : runs.unit) {
    size.resize(static_cast<std::size_t>(unit) + 1);
    ++size[static_cast<std::size_t>(unit)];
  }
  // A unit that was drawn gives as many rows as it has runs, side by side.
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

std::string accuracy_table(std::span<const StudyResult> results, double epsilon) {
  const auto of_condition = [&](std::string_view condition, auto&& question) {
    return std::ranges::count_if(results, [&](const StudyResult& result) {
      return result.run.epsilon == epsilon && (condition.empty() || result.run.condition == condition) &&
             question(result);
    });
  };
  const auto diverged = [](const StudyResult& result) { return result.status == "diverged"; };
  const auto left_out = [](const StudyResult& result) { return !has_outcome(result); };
  const bool any_diverged = of_condition("", diverged) > 0, any_left_out = of_condition("", left_out) > 0;

  Rows rows{{"condition", "n", "median", "IQM", "95 % interval", "mean", "sd", "min"}};
  if (any_diverged) rows.front().emplace_back("diverged");
  if (any_left_out) rows.front().emplace_back("left out");
  for (const std::string_view condition : conditions_of(results, epsilon)) {
    const RunAccuracies runs = run_accuracies(results, condition, epsilon);
    const std::vector<double> values = unit_means(runs);
    const BootstrapInterval middle = interquartile_interval(runs);
    rows.push_back({std::string(condition), std::to_string(values.size()), number(median(values)),
                    number(middle.estimate), interval(middle.low, middle.high), number(sample_mean(values)),
                    number(sample_sd(values)), number(values.empty() ? NAN : std::ranges::min(values))});
    if (any_diverged) rows.back().push_back(std::to_string(of_condition(condition, diverged)));
    if (any_left_out) rows.back().push_back(std::to_string(of_condition(condition, left_out)));
  }
  return fmt::format("Test accuracy after the last epoch (%), epsilon {}\n{}", epsilon, aligned(rows));
}

/// What n counts, and how the columns of `accuracy_table` are read.
std::string notes_on_accuracies(std::span<const StudyResult> results) {
  const bool by_draw = unit_of(results) == StudyUnit::draw;
  std::string text = wrapped(by_draw ? "n counts draws of the hyper-parameters, the seeds of a draw averaged; sd is "
                                       "over draws."
                                     : "n counts seeds at one setting of the hyper-parameters; sd is over seeds.");
  text += wrapped(fmt::format("IQM: interquartile mean, with a bootstrap interval over {} (it is too short below 20).",
                              by_draw ? "draws and seeds within them" : "seeds"));
  return text;
}

std::string table_of_one(std::span<const StudyResult> results, std::span<const Contrast> of_plan, const Draws& draws) {
  const std::vector<Contrast> contrasts = declared_contrasts(results, of_plan);
  const std::vector<Comparison> rows = comparisons(results, contrasts, 0.95);
  const std::vector<double> epsilons = epsilons_of(results);
  const RowLabel label = contrast_label();
  std::string text = difference_tables(at_epsilon(rows, std::nullopt), label, "mean over " + epsilons_text(epsilons));
  for (const double epsilon : epsilons)
    text += (text.empty() ? "" : "\n") + accuracy_table(results, epsilon) +
            after_blank_line(difference_tables(at_epsilon(rows, epsilon), label, fmt::format("epsilon {}", epsilon)));
  text += after_blank_line(divergence_text(results, contrasts, rows, label));
  text += "\n" + notes_on_accuracies(results);
  text +=
      rows.empty()
          ? wrapped(
                "No differences are shown, for the plan declares none, and none of the paper's has both its conditions "
                "here. Declare them in the plan by the key `compare`, as compare = [\"mine - inorm\"]; `study "
                "compare` takes any two conditions.")
          : notes_on_comparisons(rows, unit_of(results)) +
                wrapped("A large p is no sign that two conditions are equal; `study compare` can show that.");
  return text + after_blank_line(search_edges(results, draws)) + after_blank_line(lists_of_runs(results)) +
         lost_pairs(rows) + after_blank_line(mixed_origins(results));
}

}  // namespace

std::string study_table(std::span<const StudyResult> results, std::span<const Contrast> of_plan, const Draws& draws) {
  const auto sets = by_data_set(results);
  std::string text;
  for (const auto& [name, of_set] : sets) {
    if (sets.size() > 1) text += fmt::format("{}Data set {}\n\n", text.empty() ? "" : "\n\n", name);
    text += table_of_one(of_set, of_plan, draws);
  }
  return text;
}

}  // namespace chandelier

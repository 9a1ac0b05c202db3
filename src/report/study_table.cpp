#include "report/study_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <string_view>
#include <utility>
#include <vector>

#include "report/plain_text.hpp"
#include "statistics/condition_difference.hpp"

namespace chandelier {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// Two decimals: a test set of 10 000 images resolves 0.01 points.
std::string number(double value) { return std::isnan(value) ? "-" : fmt::format("{:.2f}", value); }
std::string signed_number(double value) { return std::isnan(value) ? "-" : fmt::format("{:+.2f}", value); }
std::string probability(double p) { return std::isnan(p) ? "-" : p < 0.001 ? "<0.001" : fmt::format("{:.3f}", p); }

/// Why a run is left out: its status, or that it finished without an accuracy.
std::string reason_of(const StudyResult& result) {
  const std::string status = result.status == "finished" ? "finished without a test accuracy" : result.status;
  return result.message.empty() ? status : fmt::format("{} ({})", status, result.message);
}

/// "1 diverged, 2 missing"; empty when all finished.
std::string unfinished_counts(std::span<const StudyResult> results, std::string_view condition, double epsilon) {
  std::vector<std::pair<std::string, int>> counts;
  for (const StudyResult& result : results) {
    if (result.run.condition != condition || result.run.epsilon != epsilon || is_finished(result)) continue;
    const std::string status = result.status == "finished" ? "without accuracy" : result.status;
    const auto found = std::ranges::find(counts, status, &std::pair<std::string, int>::first);
    if (found == counts.end())
      counts.emplace_back(status, 1);
    else
      ++found->second;
  }
  std::vector<std::string> parts;
  parts.reserve(counts.size());
  for (const auto& [status, count] : counts) parts.push_back(fmt::format("{} {}", count, status));
  return fmt::format("{}", fmt::join(parts, ", "));
}

std::string accuracy_table(std::span<const StudyResult> results, double epsilon) {
  Rows rows{{"condition", "mean", "sd", "min", "max", "n", ""}};
  for (const std::string_view condition : conditions_of(results, epsilon)) {
    const std::vector<double> values = test_accuracies(results, condition, epsilon);
    rows.push_back({std::string(condition), number(sample_mean(values)), number(sample_sd(values)),
                    number(values.empty() ? NAN : std::ranges::min(values)),
                    number(values.empty() ? NAN : std::ranges::max(values)), std::to_string(values.size()),
                    unfinished_counts(results, condition, epsilon)});
  }
  return fmt::format("Test accuracy after the last epoch (%), epsilon {}\n{}", epsilon, aligned(rows));
}

std::string difference_table(std::span<const ConditionDifference> differences, double epsilon) {
  Rows rows{{"difference", "mean", "sd", "95 % interval", "p", "dz", "positive"}};
  for (const ConditionDifference& row : differences) {
    if (row.epsilon != epsilon) continue;
    const PairedDifference& d = row.difference;
    rows.push_back({fmt::format("{} - {}", row.first, row.second), signed_number(d.mean), number(d.sd),
                    d.has_interval() ? fmt::format("[{:+.2f}, {:+.2f}]", d.low, d.high) : "-", probability(d.p),
                    signed_number(d.dz), fmt::format("{} of {}", d.positive, d.n)});
  }
  if (rows.size() == 1) return {};
  return fmt::format("Paired differences in test accuracy (percentage points), epsilon {}\n{}", epsilon, aligned(rows));
}

/// How to read the columns.
std::string notes(StudyUnit unit, std::span<const ConditionDifference> differences) {
  std::string text = wrapped(unit == StudyUnit::seed
                                 ? "n counts seeds at one setting of the hyper-parameters; sd is over seeds."
                                 : "n counts draws of the hyper-parameters, the seeds of a draw averaged; sd is over "
                                   "draws.");
  if (differences.empty())
    return text + wrapped(
                      "No differences are shown: those declared are inorm - ei, inorm - e-ln, inorm-full - inorm, "
                      "inorm-full - e-ln, ei-ln - ei and ei-ln - e-ln, and this study has none of these pairs.");
  text += wrapped(fmt::format(
      "The two runs of a pair share epsilon, draw and seed; differences are over pairs of finished runs{}. The "
      "intervals hold simultaneously at 95 % and p is adjusted (two-sided paired t test; Bonferroni over the {} "
      "difference{} shown). dz = mean/sd of the differences.",
      unit == StudyUnit::seed ? "" : ", averaged within each draw", differences.size(),
      differences.size() == 1 ? "" : "s"));
  if (!std::ranges::all_of(differences, [](const auto& row) { return row.difference.has_interval(); }))
    text += wrapped("-: not defined, for want of two units or because all differences are equal.");
  return text;
}

/// Runs of one condition and epsilon that are left out for the same reason.
struct LeftOut {
  std::string_view condition;
  double epsilon;
  std::string reason;
  std::vector<std::string> runs;  ///< "3", or "draw 2 seed 3" where there are several draws
};

std::vector<LeftOut> left_out(std::span<const StudyResult> results) {
  const StudyUnit unit = unit_of(results);
  std::vector<LeftOut> groups;
  for (const StudyResult& result : results) {
    if (is_finished(result)) continue;
    const std::string run = unit == StudyUnit::seed ? std::to_string(result.run.seed)
                                                    : fmt::format("draw {} seed {}", result.run.draw, result.run.seed);
    const std::string reason = reason_of(result);
    const auto same = std::ranges::find_if(groups, [&](const LeftOut& group) {
      return group.condition == result.run.condition && group.epsilon == result.run.epsilon && group.reason == reason;
    });
    if (same == groups.end())
      groups.push_back({result.run.condition, result.run.epsilon, reason, {run}});
    else
      same->runs.push_back(run);
  }
  return groups;
}

std::string left_out_list(std::span<const StudyResult> results, std::span<const ConditionDifference> differences) {
  const std::vector<LeftOut> groups = left_out(results);
  std::string text;
  for (const LeftOut& group : groups) {
    const auto planned = std::ranges::count_if(results, [&](const StudyResult& result) {
      return result.run.condition == group.condition && result.run.epsilon == group.epsilon;
    });
    std::string runs = fmt::format("{}", fmt::join(group.runs, ", "));
    if (planned > 1 && std::cmp_equal(group.runs.size(), planned))
      runs = fmt::format("all {} runs", planned);
    else if (unit_of(results) == StudyUnit::seed)
      runs.insert(0, group.runs.size() == 1 ? "seed " : "seeds ");
    text += wrapped(fmt::format("{}, epsilon {}, {}: {}", group.condition, group.epsilon, runs, group.reason), 2);
  }
  if (!text.empty()) text = "Runs that did not finish, left out of every number above\n" + text;

  std::vector<std::string> lost;
  for (const ConditionDifference& row : differences)
    if (row.pairs < row.planned_pairs)
      lost.push_back(fmt::format("{} - {} {} of {} (epsilon {})", row.first, row.second, row.planned_pairs - row.pairs,
                                 row.planned_pairs, row.epsilon));
  if (!lost.empty())
    text +=
        wrapped(fmt::format("Pairs lost: {}. The differences do not penalize a condition for runs that did not finish.",
                            fmt::join(lost, "; ")));
  return text;
}

}  // namespace

std::string study_table(std::span<const StudyResult> results) {
  const std::vector<ConditionDifference> differences = condition_differences(results, 0.95);
  std::string text;
  for (const double epsilon : epsilons_of(results)) {
    text += accuracy_table(results, epsilon) + "\n";
    const std::string paired = difference_table(differences, epsilon);
    if (!paired.empty()) text += paired + "\n";
  }
  text += notes(unit_of(results), differences);
  const std::string excluded = left_out_list(results, differences);
  if (!excluded.empty()) text += "\n" + excluded;
  return text;
}

}  // namespace chandelier

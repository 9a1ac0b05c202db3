#include "report/comparison_tables.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <map>
#include <set>

#include "base/counted.hpp"
#include "report/claims.hpp"
#include "report/plain_text.hpp"
#include "statistics/holm.hpp"
#include "statistics/quantiles.hpp"

namespace chandelier {
namespace {

using Rows = std::vector<std::vector<std::string>>;

/// "inorm - e-ln: 12 pairs share runs of e-ln and count as 1 unit." Each difference once; over all epsilons, if there
/// are several.
std::string pairs_that_share_runs(std::span<const Comparison> rows) {
  std::set<std::string> said;
  std::string text;
  for (const Comparison& row : rows)
    if (const std::string words = shared_in_words(row); !words.empty() && said.insert(name_of(row)).second)
      text += wrapped(fmt::format("{}: {}.", name_of(row), words.substr(2)));
  return text;
}

/// "the 4 differences at one epsilon"
std::string family_text(std::ptrdiff_t count, std::string_view which) {
  return fmt::format("{} {}", counted(static_cast<std::size_t>(count), "difference"), which);
}

}  // namespace

bool has_diverged(const Comparison& row) { return row.divergence.first + row.divergence.second > 0; }

bool has_failures(const Comparison& row) {
  return has_diverged(row) || row.divergence.collapsed_first + row.divergence.collapsed_second > 0;
}

RowLabel contrast_label() {
  return {"difference", [](const Comparison& row) {
            if (!row.label.empty()) return row.label;
            return fmt::format("{} - {}{}", row.first, row.second, row.between ? ", jitter" : "");
          }};
}

RowLabel epsilon_label() {
  return {"epsilon",
          [](const Comparison& row) { return row.epsilon ? fmt::format("{}", *row.epsilon) : std::string("all"); }};
}

std::string number(double value) { return std::isnan(value) ? "-" : fmt::format("{:.2f}", value); }
std::string signed_number(double value) { return std::isnan(value) ? "-" : fmt::format("{:+.2f}", value); }
std::string interval(double low, double high) { return low <= high ? fmt::format("[{:.2f}, {:.2f}]", low, high) : "-"; }
std::string signed_interval(double low, double high) {
  return low <= high ? fmt::format("[{:+.2f}, {:+.2f}]", low, high) : "-";
}
std::string probability(double p) { return std::isnan(p) ? "-" : p < 0.001 ? "<0.001" : fmt::format("{:.3f}", p); }

std::string p_text(double p) {
  return std::isnan(p) ? "p not defined" : p < 0.001 ? "p < 0.001" : "p = " + probability(p);
}

std::string primary_table(std::span<const Comparison> rows, const RowLabel& label) {
  Rows cells{{label.heading, "n", "mean", "95 % interval", "p", "p Holm", "effect", "positive"}};
  for (const Comparison& row : rows) {
    const PairedDifference& d = row.difference;
    cells.push_back({label.of(row), std::to_string(d.n), signed_number(d.mean), signed_interval(d.low, d.high),
                     probability(row.p), probability(row.p_holm), signed_number(row.rank_biserial),
                     fmt::format("{} of {}", d.positive, d.n)});
  }
  return aligned(cells);
}

std::string beside_table(std::span<const Comparison> rows, const RowLabel& label) {
  Rows cells{{label.heading, "median", "median", "shift", "95 % interval", "p Wilc.", "U", "p of U", "delta"}};
  for (const Comparison& row : rows)
    cells.push_back({label.of(row), number(median(row.of_first)), number(median(row.of_second)),
                     signed_number(row.shift.estimate), signed_interval(row.shift.low, row.shift.high),
                     (row.wilcoxon.exact || std::isnan(row.wilcoxon.p) ? "" : "~") + probability(row.wilcoxon.p),
                     std::isnan(row.unpaired.U) ? "-" : fmt::format("{}", row.unpaired.U), probability(row.unpaired.p),
                     signed_number(row.cliffs_delta)});
  return aligned(cells);
}

std::string difference_tables(std::span<const Comparison> rows, const RowLabel& label, const std::string& where) {
  if (rows.empty()) return {};
  return fmt::format("Differences in test accuracy (percentage points), {}\n{}\n{}", where, primary_table(rows, label),
                     beside_table(rows, label));
}

std::string n_in_words(const Comparison& row) {
  return "n = " + counted(static_cast<std::size_t>(row.difference.n), row.unit == StudyUnit::draw ? "draw" : "seed");
}

std::string shared_in_words(const Comparison& row) {
  if (row.shared.pairs == 0) return {};
  return fmt::format("; {} pairs share runs of {} and count as {}", row.shared.pairs,
                     fmt::join(row.shared.conditions, " and "),
                     counted(static_cast<std::size_t>(row.shared.units), "unit"));
}

std::string lost_pairs(std::span<const Comparison> rows) {
  std::string lost;
  for (const Comparison& row : rows)
    if (row.epsilon && row.pairs < row.planned_pairs)
      lost += fmt::format("{}{} {} of {} (epsilon {})", lost.empty() ? "" : "; ", name_of(row),
                          row.planned_pairs - row.pairs, row.planned_pairs, *row.epsilon);
  return lost.empty() ? "" : wrapped(fmt::format("Incomplete pairs, not counted: {}.", lost));
}

std::string divergence_table(std::span<const Comparison> rows, const RowLabel& label) {
  if (std::ranges::none_of(rows, has_failures)) return {};
  std::vector<double> p;
  p.reserve(rows.size());
  for (const Comparison& row : rows) p.push_back(row.divergence.p);
  const std::vector<double> adjusted = holm_adjusted(p);
  Rows cells{{label.heading, "diverged", "diverged", "more in 1st", "in 2nd", "p", "p Holm", "collapsed"}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!has_failures(rows[i])) continue;
    const Divergence& of = rows[i].divergence;
    cells.push_back({label.of(rows[i]), fmt::format("{} of {}", of.first, of.runs_first),
                     fmt::format("{} of {}", of.second, of.runs_second), std::to_string(of.more_first),
                     std::to_string(of.more_second), probability(of.p), probability(adjusted[i]),
                     fmt::format("{}, {}", of.collapsed_first, of.collapsed_second)});
  }
  return aligned(cells);
}

std::string notes_on_comparisons(std::span<const Comparison> rows, StudyUnit unit, bool beside) {
  if (rows.empty()) return {};
  const bool by_draw = unit == StudyUnit::draw;
  const auto over_all = std::ranges::count_if(rows, [](const Comparison& row) { return !row.epsilon; });
  const auto at_each = std::ssize(rows) - over_all;
  const std::string family = over_all == 0 ? fmt::format("the {}", family_text(at_each, "shown"))
                                           : fmt::format("each of two families: the {} and the {}",
                                                         family_text(over_all, "over all epsilons (the primary ones)"),
                                                         family_text(at_each, "at one epsilon"));
  std::string text = wrapped(
      beside ? fmt::format("The two runs of a pair share epsilon, draw and seed. p: primary test of the mean "
                           "difference, by sign flips of "
                           "{}{}. effect: matched-pairs rank-biserial correlation, from -1 to 1. p Holm and the "
                           "simultaneous 95 "
                           "% intervals (Student's t for the mean, signed ranks for the shift) are corrected over {}.",
                           by_draw ? "draws (averaged over their seeds)" : "seeds",
                           over_all == 0 ? "" : ", averaged over epsilons", family)
             : fmt::format("p: sign flips of {}. p Holm and the intervals are corrected for the {}. effect: "
                           "matched-pairs rank-biserial correlation, from -1 to 1.",
                           by_draw ? "draws" : "seeds", family_text(over_all == 0 ? at_each : over_all, "above")));
  std::set<std::string> explained;
  for (const Comparison& row : rows)
    if (!row.label.empty() && explained.insert(row.label).second)
      text += wrapped(fmt::format("{}: {} - {}.", row.label, row.first, row.second));
  if (const auto mean_of = std::ranges::find_if(rows, [](const Comparison& row) { return row.second == kHalfWay; });
      mean_of != rows.end())
    text += wrapped("half-way: the mean of inorm and inorm-full at the same epsilon, draw and seed.");
  if (const auto step = std::ranges::find_if(rows, [](const Comparison& row) { return row.between.has_value(); });
      step != rows.end())
    text += wrapped(fmt::format("jitter: the difference at epsilon {} minus that at epsilon {}.", step->between->high,
                                step->between->low));
  if (beside)
    text += wrapped(
        "Second table: medians of both conditions, Hodges-Lehmann shift, Wilcoxon's signed-rank test (~: normal "
        "approximation, otherwise exact). As in the paper: U of the first condition, by an unpaired Mann-Whitney test, "
        "and Cliff's delta. These ignore that runs are paired" +
        std::string(over_all == 0 ? "." : ", and treat epsilons as independent.") + " Neither p is corrected.");
  if (beside && std::ranges::any_of(rows, [](const Comparison& row) { return row.pairs < row.planned_pairs; }))
    text += wrapped(
        "Some pairs are incomplete. U and delta use every run with an outcome; everything else uses complete pairs, so "
        "the medians may differ from those of the values that U compares.");
  text += pairs_that_share_runs(rows);
  // Without the further tests, only the primary rows are shown.
  const auto least = std::ranges::max_element(rows, {}, [&](const Comparison& row) {
    return std::isnan(row.least_p_holm) || (!beside && over_all > 0 && row.epsilon) ? 0 : row.least_p_holm;
  });
  if (least->least_p_holm >= 0.05)
    text += wrapped(fmt::format(
        "With so few {}, the primary test cannot reach 0.05, whatever the data: the smallest possible p Holm is {:.3g} "
        "at n = {}.",
        least->unit == StudyUnit::draw ? "draws" : "seeds", least->least_p_holm, least->difference.n));
  const auto undefined = [&](const Comparison& row) {
    return !row.difference.has_interval() || (beside && !row.shift.has_interval());
  };
  if (std::ranges::any_of(rows, undefined))
    text += wrapped(fmt::format(
        "-: not defined, because there are too few {} (an exact interval of the shift needs more than one of the "
        "mean) or because all differences are equal.",
        by_draw ? "draws" : "seeds"));
  return text;
}

std::string units_in_words(std::span<const StudyResult> results) {
  std::set<std::uint64_t> seeds;
  std::map<int, std::set<std::uint64_t>> of_draw;
  for (const StudyResult& result : results) {
    seeds.insert(result.run.seed);
    of_draw[result.run.draw].insert(result.run.seed);
  }
  if (unit_of(results) == StudyUnit::seed) return "n counts seeds, with one set of hyper-parameters.";
  if (seeds.size() == 1)
    return fmt::format(
        "n counts draws of hyper-parameters, all with seed {}. They share the order of images, the jitter and the "
        "random numbers of the initial weights, so intervals hold only for this seed.",
        *seeds.begin());
  std::size_t in_draws = 0;
  for (const auto& [_, of_this] : of_draw) in_draws += of_this.size();
  if (in_draws == seeds.size())
    return of_draw.begin()->second.size() == 1
               ? "n counts draws of hyper-parameters, each with its own seed."
               : "n counts draws of hyper-parameters, each averaged over its own seeds.";
  return fmt::format(
      "n counts draws of hyper-parameters, averaged over seeds. All draws share the same {} seeds, so intervals hold "
      "only for these.",
      seeds.size());
}

std::string epsilons_text(std::span<const double> epsilons) {
  return fmt::format("epsilon{} {}", epsilons.size() == 1 ? "" : "s", fmt::join(epsilons, ", "));
}

std::vector<Comparison> at_epsilon(std::span<const Comparison> rows, std::optional<double> epsilon) {
  std::vector<Comparison> found;
  std::ranges::copy_if(rows, std::back_inserter(found), [&](const Comparison& row) { return row.epsilon == epsilon; });
  return found;
}

}  // namespace chandelier

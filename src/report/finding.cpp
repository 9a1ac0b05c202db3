#include "report/finding.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <optional>
#include <string_view>
#include <vector>

#include "report/claims.hpp"
#include "report/comparison_tables.hpp"
#include "report/plain_text.hpp"
#include "report/run_lists.hpp"
#include "statistics/comparison.hpp"
#include "statistics/equivalence.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

constexpr int epochs_of_the_paper = 50;

enum class Sign { above, below, open, unknown };

/// The conditions that the finding is about.
constexpr std::array<std::string_view, 4> kConditions{"ei", "e-ln", "inorm", "inorm-full"};

/// Settings that the plan varies or the text names anyway, and one that changes no result.
constexpr std::array<std::string_view, 9> kNotListed{"condition", "circuit", "activity_norm", "error_norm", "epsilon",
                                                     "seed",      "width",   "epochs",        "measure"};

/// One comparison that the finding is about; without a result where the study lacks a condition.
struct Question {
  std::string_view first, second;
  std::optional<Comparison> found;

  Sign sign() const {
    if (!found || !found->difference.has_interval()) return Sign::unknown;
    // The interval is Student's t, which a few seeds that happen to agree make narrow; the sign flips do not trust
    // them.
    if (!(found->p_holm < kClaimLevel)) return Sign::open;
    if (found->difference.above_zero()) return Sign::above;
    return found->difference.below_zero() ? Sign::below : Sign::open;
  }
  bool is(Sign which) const { return sign() == which; }
  /// Whether the two are shown to differ by less than the margin.
  bool is_recovered() const {
    return found && equivalence(found->of_first, found->of_second, kMargin, kClaimLevel).equivalent;
  }

  /// "inorm-full - inorm: +5.10 points [+4.55, +5.65], n = 10, p Holm 0.008", where the study has it
  std::string text() const {
    const PairedDifference& d = found->difference;
    if (d.n == 0) return fmt::format("{} - {}: no pair of runs with an outcome", first, second);
    const std::string interval = d.has_interval() ? fmt::format("[{:+.2f}, {:+.2f}]", d.low, d.high)
                                 : d.n < 2        ? "with no interval"
                                                  : "at every pair, so no interval";
    const std::string p = std::isnan(found->p_holm) ? "" : ", p Holm " + probability(found->p_holm);
    return fmt::format("{} - {}: {:+.2f} points {}, n = {}{}", first, second, d.mean, interval, d.n, p);
  }
};

/// The four questions that the finding is about.
struct Questions {
  Question errors, activity, activity_to_layer, errors_to_layer;

  /// @param rows  at one epsilon, or over all
  explicit Questions(std::span<const Comparison> rows)
      : errors(question(rows, "inorm-full", "inorm")),
        activity(question(rows, "inorm", "ei")),
        activity_to_layer(question(rows, "inorm", "e-ln")),
        errors_to_layer(question(rows, "inorm-full", "e-ln")) {}

  std::array<const Question*, 4> all() const { return {&errors, &activity, &activity_to_layer, &errors_to_layer}; }

 private:
  static Question question(std::span<const Comparison> rows, std::string_view first, std::string_view second) {
    const auto found =
        std::ranges::find_if(rows, [&](const Comparison& row) { return row.first == first && row.second == second; });
    return {first, second, found == rows.end() ? std::nullopt : std::optional(*found)};
  }
};

/// "2 epochs" or "2 to 5 epochs", "width 100" or "widths 100 to 487", of the runs at one epsilon, or at any.
struct Budget {
  int fewest_epochs, most_epochs;
  int narrowest, widest;

  Budget(std::span<const StudyResult> results, std::optional<double> epsilon) {
    std::vector<int> epochs, widths;
    for (const StudyResult& result : results) {
      if (epsilon && result.run.epsilon != *epsilon) continue;
      epochs.push_back(result.run.settings.epochs);
      widths.insert(widths.end(), result.run.settings.width.begin(), result.run.settings.width.end());
    }
    fewest_epochs = std::ranges::min(epochs);
    most_epochs = std::ranges::max(epochs);
    narrowest = std::ranges::min(widths);
    widest = std::ranges::max(widths);
  }

  std::string text() const {
    const std::string epochs = fewest_epochs == most_epochs
                                   ? fmt::format("{} epoch{}", most_epochs, most_epochs == 1 ? "" : "s")
                                   : fmt::format("{} to {} epochs", fewest_epochs, most_epochs);
    const std::string widths =
        narrowest == widest ? fmt::format("width {}", widest) : fmt::format("widths {} to {}", narrowest, widest);
    return fmt::format("{}, {}", epochs, widths);
  }
};

/// "Settings other than the defaults: luminosity contrast, error_part direction."
std::string other_settings(std::span<const StudyResult> results) {
  const Settings defaults = resolve({}, {});
  std::vector<std::string> others;
  for (const Setting& setting : setting_list()) {
    if (setting.only_files || std::ranges::find(kNotListed, setting.key) != kNotListed.end()) continue;
    const SettingValue first = setting.of(results.front().run.settings);
    const auto all_are = [&](const SettingValue& value) {
      return std::ranges::all_of(results, [&](const auto& result) { return setting.of(result.run.settings) == value; });
    };
    if (all_are(setting.of(defaults))) continue;
    others.push_back(fmt::format("{} {}", setting.key, all_are(first) ? text_of(first) : "varied"));
  }
  return fmt::format("Settings other than the defaults: {}.",
                     others.empty() ? "none" : fmt::format("{}", fmt::join(others, ", ")));
}

// A sentence on a comparison that the study does not have is empty: the verdict names the conditions that are missing.

std::string about_errors(const Question& errors) {
  if (!errors.found) return {};
  switch (errors.sign()) {
    case Sign::above:
      return fmt::format("Normalizing the error signals as well raised test accuracy ({}).", errors.text());
    case Sign::below:
      return fmt::format("Normalizing the error signals as well lowered test accuracy ({}).", errors.text());
    case Sign::open:
      return fmt::format(
          "No effect of normalizing the error signals as well was shown ({}; one within the interval cannot be "
          "excluded).",
          errors.text());
    case Sign::unknown:
      break;
  }
  return fmt::format("What normalizing the error signals as well does cannot be judged ({}).", errors.text());
}

std::string against_no_normalization(const Question& activity) {
  switch (activity.sign()) {
    case Sign::above:
      return fmt::format("raised test accuracy over no normalization ({})", activity.text());
    case Sign::below:
      return fmt::format("lowered test accuracy below no normalization ({})", activity.text());
    case Sign::open:
      return fmt::format(
          "showed no benefit over no normalization ({}; a difference within the interval cannot be excluded)",
          activity.text());
    case Sign::unknown:
      break;
  }
  return fmt::format("cannot be judged against no normalization ({})", activity.text());
}

std::string against_layer_normalization(const Question& to_layer) {
  switch (to_layer.sign()) {
    case Sign::above:
      return fmt::format("was above layer normalization ({})", to_layer.text());
    case Sign::below:
      return fmt::format("stayed below layer normalization ({})", to_layer.text());
    case Sign::open:
      return fmt::format(
          "was not shown to differ from layer normalization ({}; a difference within the interval cannot be excluded)",
          to_layer.text());
    case Sign::unknown:
      break;
  }
  return fmt::format("cannot be judged against layer normalization ({})", to_layer.text());
}

std::string about_activity(const Question& activity, const Question& to_layer) {
  std::vector<std::string> parts;
  if (activity.found) parts.push_back(against_no_normalization(activity));
  if (to_layer.found) parts.push_back(against_layer_normalization(to_layer));
  if (parts.empty()) return {};
  return fmt::format("Normalizing activity alone {}.", fmt::join(parts, " and "));
}

std::string about_recovery(const Question& to_layer, const Budget& budget) {
  if (!to_layer.found) return {};
  switch (to_layer.sign()) {
    case Sign::above:
      if (budget.fewest_epochs >= epochs_of_the_paper)
        return fmt::format("With both normalized, test accuracy was above layer normalization's ({}).",
                           to_layer.text());
      return fmt::format(
          "With both normalized, test accuracy was above layer normalization's here ({}), but training "
          "shorter than the paper's {} epochs does not establish that it exceeds layer normalization.",
          to_layer.text(), epochs_of_the_paper);
    case Sign::below:
      return fmt::format("With both normalized, test accuracy stayed below layer normalization's ({}).",
                         to_layer.text());
    case Sign::open:
      if (to_layer.is_recovered())
        return fmt::format(
            "With both normalized, test accuracy was within {:.2f} points of layer normalization's, as two one-sided t "
            "tests show ({}).",
            kMargin, to_layer.text());
      return fmt::format(
          "With both normalized, test accuracy was not shown to differ from layer normalization's ({}; a difference "
          "within the interval cannot be excluded).",
          to_layer.text());
    case Sign::unknown:
      break;
  }
  return fmt::format("With both normalized, the distance to layer normalization cannot be judged ({}).",
                     to_layer.text());
}

std::vector<std::string> contradictions(const Questions& c) {
  std::vector<std::string> reasons;
  if (c.errors.is(Sign::below)) reasons.emplace_back("normalizing the error signals as well lowered test accuracy");
  if (c.activity.is(Sign::above)) reasons.emplace_back("normalizing activity alone raised test accuracy");
  if (c.activity_to_layer.is(Sign::above))
    reasons.emplace_back("normalizing activity alone was above layer normalization");
  return reasons;
}

/// What keeps a study that does not contradict the finding from reproducing it.
/// @param present  the conditions of the study
std::vector<std::string> doubts(const Questions& c, std::span<const std::string_view> present) {
  std::vector<std::string_view> missing;
  std::ranges::copy_if(kConditions, std::back_inserter(missing),
                       [&](std::string_view name) { return std::ranges::find(present, name) == present.end(); });
  std::vector<std::string> without_interval;
  for (const Question* question : c.all())
    if (question->found && question->is(Sign::unknown))
      without_interval.push_back(fmt::format("{} - {}", question->first, question->second));

  std::vector<std::string> reasons;
  if (!missing.empty()) reasons.push_back(fmt::format("the study lacks {}", fmt::join(missing, " and ")));
  if (!without_interval.empty())
    reasons.push_back(fmt::format("no interval can be given for {}", fmt::join(without_interval, ", ")));
  if (c.errors.is(Sign::open)) reasons.emplace_back("no effect of normalizing the error signals was shown");
  if (c.activity_to_layer.is(Sign::open))
    reasons.emplace_back("activity alone was not shown to stay below layer normalization");
  if (c.errors.is(Sign::above) && c.activity.is(Sign::open) &&
      c.activity.found->difference.high >= c.errors.found->difference.low)
    reasons.emplace_back(
        "the interval of inorm - ei allows a benefit as large as that of normalizing the error signals");
  return reasons;
}

/// Which pairs the verdict leaves out, and which runs it takes as chance; empty when there are none.
std::string caveats(const Questions& c, std::span<const StudyResult> results, std::optional<double> epsilon) {
  std::vector<std::string> lost, diverged;
  for (const Question* question : c.all())
    if (question->found && question->found->pairs < question->found->planned_pairs)
      lost.push_back(fmt::format("{} of {} pairs of {} - {}", question->found->planned_pairs - question->found->pairs,
                                 question->found->planned_pairs, question->first, question->second));
  for (const std::string_view condition : kConditions) {
    const auto count = std::ranges::count_if(results, [&](const StudyResult& result) {
      return result.status == "diverged" && result.run.condition == condition &&
             (!epsilon || result.run.epsilon == *epsilon);
    });
    if (count > 0) diverged.push_back(fmt::format("{} of {}", count, condition));
  }
  std::string text;
  if (!lost.empty()) text += fmt::format(" This leaves out runs without an outcome: {}.", fmt::join(lost, ", "));
  if (!diverged.empty()) text += fmt::format(" Runs that diverged count as chance: {}.", fmt::join(diverged, ", "));
  return text;
}

std::string verdict(const Questions& c, std::span<const std::string_view> present) {
  if (const auto against = contradictions(c); !against.empty())
    return fmt::format("The paper's finding is not reproduced at this budget: {}.", fmt::join(against, "; "));
  if (const auto open = doubts(c, present); !open.empty())
    return fmt::format("The paper's finding is undecided at this budget: {}.", fmt::join(open, "; "));
  if (c.errors_to_layer.is(Sign::below))
    return "The paper's finding is reproduced in part at this budget: normalizing the error signals helps, but does "
           "not recover layer normalization.";
  if (!c.errors_to_layer.is(Sign::above) && !c.errors_to_layer.is_recovered())
    return fmt::format(
        "The paper's finding is reproduced at this budget, but for one part that is undecided: whether layer "
        "normalization is recovered to within {:.2f} points.",
        kMargin);
  return "The paper's finding is reproduced at this budget.";
}

/// At one epsilon, or over all; empty where the study has nothing to say.
std::string finding_at(std::span<const StudyResult> results, std::span<const Comparison> rows,
                       std::optional<double> epsilon) {
  const auto present = conditions_of(results, epsilon);
  const auto has = [&](std::string_view condition) { return std::ranges::find(present, condition) != present.end(); };
  if (!has("inorm") && !has("inorm-full")) return {};

  const Questions questions(at_epsilon(rows, epsilon));
  const Budget budget(results, epsilon);
  const std::string_view unit = unit_of(results) == StudyUnit::seed
                                    ? "n counts seeds at one setting of the hyper-parameters"
                                    : "n counts draws of the hyper-parameters";
  const std::string where =
      epsilon ? fmt::format("Epsilon {}", *epsilon) : fmt::format("Mean over {}", epsilons_text(epsilons_of(results)));
  const auto family = at_epsilon(rows, epsilon).size();
  std::string text =
      wrapped(fmt::format("{} ({}; test accuracy, 95 % intervals that hold together for the paper's {}; {}):", where,
                          budget.text(), fmt::format("{} difference{}", family, family == 1 ? "" : "s"), unit));
  for (const std::string& sentence :
       {about_errors(questions.errors), about_activity(questions.activity, questions.activity_to_layer),
        about_recovery(questions.errors_to_layer, budget),
        verdict(questions, present) + caveats(questions, results, epsilon)})
    if (!sentence.empty()) text += wrapped(sentence, 2);
  return text;
}

std::string finding_of_one(std::span<const StudyResult> results) {
  const std::vector<Comparison> rows = comparisons(results, declared_contrasts(results), 0.95);
  const std::vector<double> epsilons = epsilons_of(results);
  std::vector<std::optional<double>> places(epsilons.begin(), epsilons.end());
  if (epsilons.size() > 1) places.insert(places.begin(), std::nullopt);
  std::string text;
  for (const auto& epsilon : places) {
    const std::string here = finding_at(results, rows, epsilon);
    if (here.empty()) continue;
    text += (text.empty() ? wrapped(other_settings(results)) : "\n") + here;
  }
  return text;
}

}  // namespace

std::string finding(std::span<const StudyResult> results) {
  const auto sets = by_data_set(results);
  std::string text;
  for (const auto& [name, of_set] : sets) {
    const std::string here = finding_of_one(of_set);
    if (here.empty()) continue;
    if (!text.empty()) text += "\n";
    if (sets.size() > 1) text += fmt::format("Data set {}\n", name);
    text += here;
  }
  return text;
}

}  // namespace chandelier

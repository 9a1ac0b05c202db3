#include "report/claim_sentences.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <utility>

#include "base/counted.hpp"
#include "base/error.hpp"
#include "report/comparison_tables.hpp"
#include "report/plain_text.hpp"
#include "report/run_lists.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

using Json = nlohmann::ordered_json;

/// Settings that the plan varies or that the text names anyway, and `measure`, which changes no result.
constexpr std::array<std::string_view, 9> kNotListed{"condition", "circuit", "activity_norm", "error_norm", "epsilon",
                                                     "seed",      "width",   "epochs",        "measure"};

bool is_by_interval(Claimed claimed) { return claimed == Claimed::equal || claimed == Claimed::no_gain; }

std::string interval_in_words(int percent, const PairedDifference& d) {
  if (!d.has_interval()) return fmt::format("no {} % interval", percent);
  return fmt::format("{} % interval {}", percent, signed_interval(d.low, d.high));
}

/// "; diverged: 3 and 0 of 48; collapsed: 2 and 0 of 48"; empty for no such runs.
std::string failures_in_words(const Comparison& row) {
  const Divergence& of = row.divergence;
  const auto part = [&](std::string_view what, int first, int second) {
    if (first + second == 0) return std::string();
    const std::string of_first = of.runs_first == of.runs_second ? "" : fmt::format(" of {}", of.runs_first);
    return fmt::format("; {}: {}{} and {} of {}", what, first, of_first, second, of.runs_second);
  };
  return part("diverged", of.first, of.second) + part("collapsed", of.collapsed_first, of.collapsed_second);
}

std::string units_text(const Comparison& row) {
  if (row.unit == StudyUnit::seed) return n_in_words(row);
  return fmt::format("{}, {} each", n_in_words(row), counted(static_cast<std::size_t>(row.seeds_of_unit), "seed"));
}

/// "2 epochs", or "2 to 5 epochs".
std::string range_in_words(std::vector<int> values, const std::string& one, const std::string& several) {
  const auto [low, high] = std::ranges::minmax(values);
  if (low == high) return fmt::format("{} {}", low, low == 1 ? one : several);
  return fmt::format("{} to {} {}", low, high, several);
}

/// "2 epochs, hidden layers of 100 units; non-default settings: luminosity contrast, lr varied"
std::string budget_in_words(std::span<const StudyResult> results) {
  std::vector<int> epochs, widths;
  for (const StudyResult& result : results) {
    epochs.push_back(result.run.settings.epochs);
    widths.insert(widths.end(), result.run.settings.width.begin(), result.run.settings.width.end());
  }
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
  return fmt::format("{}, hidden layers of {}; non-default settings: {}", range_in_words(epochs, "epoch", "epochs"),
                     range_in_words(widths, "unit", "units"),
                     others.empty() ? "none" : fmt::format("{}", fmt::join(others, ", ")));
}

std::string place_in_words(std::optional<double> epsilon, std::span<const double> epsilons) {
  return epsilon ? fmt::format("Epsilon {}", *epsilon) : fmt::format("Mean over {}", epsilons_text(epsilons));
}

std::string text_of_one(std::span<const StudyResult> results, bool at_each) {
  const std::vector<JudgedClaim> judged = judged_claims(results);
  if (judged.empty()) return {};
  const std::vector<double> epsilons = epsilons_of(results);
  std::string text =
      wrapped(fmt::format("Claims about normalization, with this training budget: {}.", budget_in_words(results)));
  const auto say = [&](std::span<const JudgedClaim> ones) {
    if (ones.empty()) return;
    if (epsilons.size() > 1) text += wrapped(place_in_words(ones.front().epsilon, epsilons) + ":");
    for (const JudgedClaim& one : ones) text += wrapped(sentence_of(one), 2);
  };
  const std::vector<JudgedClaim> over_all = main_ones(judged);
  say(over_all);
  if (at_each && epsilons.size() > 1)
    for (const double epsilon : epsilons) {
      std::vector<JudgedClaim> here;
      std::ranges::copy_if(judged, std::back_inserter(here), [&](const auto& one) { return one.epsilon == epsilon; });
      say(here);
    }
  if (at_each)
    for (const JudgedClaim& one : over_all)
      if (const std::string test = test_of_the_paper(*one.claim, judged); !test.empty())
        text += wrapped(fmt::format("{} - {}: the paper's test (unpaired Mann-Whitney, not corrected): {}.",
                                    one.claim->first, one.claim->second, test),
                        2);
  return text +
         wrapped(summary_of(over_all) +
                 fmt::format(" A difference below {} points counts as negligible. See docs/report.md for the rules.",
                             kMargin));
}

}  // namespace

std::string numbers_of(const JudgedClaim& judged) {
  const Comparison& row = judged.found;
  const PairedDifference& d = row.difference;
  if (d.n == 0) return name_of(row) + ": no pair of runs has an outcome";
  std::string text = fmt::format("{}: {} points", name_of(row), signed_number(d.mean));
  const bool by_interval = is_by_interval(judged.claim->claimed);
  if (!by_interval) text += ", " + interval_in_words(95, d);
  if (by_interval || judged.verdict == Verdict::negligible || judged.verdict == Verdict::no_difference)
    text += ", " + interval_in_words(90, judged.equivalence.difference);
  text += ", " + (judged.claim->claimed == Claimed::equal ? p_text(judged.equivalence.p) + " for equivalence"
                                                          : p_text(row.p_holm) + " (Holm)");
  return fmt::format("{}, {}{}", text, units_text(row), failures_in_words(row) + shared_in_words(row));
}

std::string sentence_of(const JudgedClaim& judged) {
  const Claim& claim = *judged.claim;
  return fmt::format("{}: {}{} ({}).{}", words_of(judged.verdict), claim.statement,
                     claim.figure.empty() ? ", a claim of Chandelier" : "", numbers_of(judged),
                     claim.note.empty() ? "" : fmt::format(" {}.", claim.note));
}

std::string rule_of(const Claim& claim) {
  std::string name = fmt::format("{} - {}", claim.first, claim.second);
  if (!claim.mean_of.empty())
    name += fmt::format(" ({}: the mean of {} at the same epsilon, draw and seed)", claim.second,
                        fmt::join(claim.mean_of, " and "));
  if (claim.is_interaction) name += " at the strongest jitter, minus the same difference at the weakest,";
  switch (claim.claimed) {
    case Claimed::above:
    case Claimed::below:
      return fmt::format(
          "{} is {} zero with p < {} (corrected by Holm over the differences of all claims tested here), and its 90 % "
          "interval is not entirely within {} points of zero",
          name, claim.claimed == Claimed::above ? "above" : "below", kClaimLevel, kMargin);
    case Claimed::equal:
      return fmt::format("the 90 % interval of {} is within -{} and +{} points", name, kMargin, kMargin);
    case Claimed::no_gain:
      return fmt::format("the 90 % interval of {} ends below +{} points", name, kMargin);
  }
  throw Bug("a claim without a rule in words");
}

std::string source_of(const Claim& claim) {
  return claim.figure.empty() ? "Chandelier, not the paper" : fmt::format("the paper, figure {}", claim.figure);
}

std::string summary_of(std::span<const JudgedClaim> judged) {
  if (judged.empty()) return {};
  std::vector<std::string> counts;
  for (const Verdict verdict : {Verdict::shown, Verdict::negligible, Verdict::no_difference, Verdict::refuted,
                                Verdict::undecided, Verdict::untestable}) {
    const auto count = std::ranges::count(judged, verdict, &JudgedClaim::verdict);
    if (count > 0) counts.push_back(fmt::format("{}: {}", words_of(verdict), count));
  }
  return fmt::format("This study has the conditions for {} ({}).", counted(judged.size(), "claim"),
                     fmt::join(counts, ", "));
}

std::vector<JudgedClaim> main_ones(std::span<const JudgedClaim> judged) {
  const bool has_several = std::ranges::any_of(judged, [](const JudgedClaim& one) { return !one.epsilon; });
  std::vector<JudgedClaim> ones;
  std::ranges::copy_if(judged, std::back_inserter(ones),
                       [&](const JudgedClaim& one) { return !has_several || !one.epsilon; });
  return ones;
}

std::string test_of_the_paper(const Claim& claim, std::span<const JudgedClaim> judged) {
  if (claim.second != "e-ln") return {};
  std::string text;
  for (const JudgedClaim& one : judged) {
    if (one.claim != &claim || !one.epsilon || std::isnan(one.found.unpaired.U)) continue;
    const MannWhitney& test = one.found.unpaired;
    text += fmt::format("{}U = {} of {}, {} at epsilon {}", text.empty() ? "" : "; ", test.U, test.most, p_text(test.p),
                        *one.epsilon);
  }
  return text;
}

std::string claims_text(std::span<const StudyResult> results, bool at_each) {
  const auto sets = by_data_set(results);
  std::string text;
  for (const auto& [name, of_set] : sets) {
    const std::string here = text_of_one(of_set, at_each);
    if (here.empty()) continue;
    if (!text.empty()) text += "\n";
    if (sets.size() > 1) text += fmt::format("Data set {}\n", name);
    text += here;
  }
  return text;
}

Json claims_json(std::span<const StudyResult> results) {
  const std::vector<JudgedClaim> judged = judged_claims(results);
  Json claims = Json::array();
  for (const Claim& claim : all_claims()) {
    Json places = Json::array();
    for (const JudgedClaim& one : judged) {
      if (one.claim != &claim) continue;
      const PairedDifference& d = one.found.difference;
      const PairedDifference& alone = one.equivalence.difference;
      places.push_back({{"epsilon", one.epsilon ? Json(*one.epsilon) : Json(nullptr)},
                        {"verdict", words_of(one.verdict)},
                        {"sentence", sentence_of(one)},
                        {"text", numbers_of(one)},
                        {"difference", name_of(one.found)},
                        {"n", d.n},
                        {"mean", d.mean},
                        {"interval_95", {d.low, d.high}},
                        {"interval_90", {alone.low, alone.high}},
                        {"positive", d.positive},
                        {"p", one.found.p},
                        {"p_holm", one.found.p_holm},
                        {"p_equivalence", one.equivalence.p},
                        {"diverged", {one.found.divergence.first, one.found.divergence.second}},
                        {"collapsed", {one.found.divergence.collapsed_first, one.found.divergence.collapsed_second}}});
    }
    if (places.empty()) continue;
    claims.push_back({{"id", claim.id},
                      {"statement", claim.statement},
                      {"source", source_of(claim)},
                      {"verdict", places.front()["verdict"]},
                      {"rule", rule_of(claim)},
                      {"margin", kMargin},
                      {"published", claim.published},
                      {"note", claim.note},
                      {"paper_test", test_of_the_paper(claim, judged)},
                      {"at", places}});
  }
  return claims;
}

Json claims_without_test(std::span<const StudyResult> results) {
  const std::vector<JudgedClaim> judged = judged_claims(results);
  Json others = Json::array();
  for (const Claim& claim : all_claims())
    if (std::ranges::none_of(judged, [&](const JudgedClaim& one) { return one.claim == &claim; }))
      others.push_back(fmt::format("{} (needs {}{})", claim.statement, fmt::join(conditions_of(claim), ", "),
                                   claim.is_interaction ? ", and two epsilons" : ""));
  return others;
}

}  // namespace chandelier

#include "report/claims.hpp"

#include <algorithm>
#include <cmath>

#include "base/error.hpp"

namespace chandelier {
namespace {

/// Published values are read off the paper's figures and their printed statistics (30 draws, 50 epochs).
std::vector<Claim> claims() {
  using enum Claimed;
  return {
      {.id = "layer-norm-helps",
       .statement = "Layer normalization improves an E-I network",
       .figure = "2",
       .first = "ei-ln",
       .second = "ei",
       .claimed = above,
       .published = "ei-ln above ei at nearly every draw; medians 88.3, 87.8, 86.6, 84.3 against 87.0, 86.2, 84.5, "
                    "81.2 at epsilon 0, 0.25, 0.5, 0.75"},
      {.id = "ei-equals-e",
       .statement = "With layer normalization, an E-I network does as well as a purely excitatory one",
       .figure = "2",
       .first = "ei-ln",
       .second = "e-ln",
       .claimed = equal,
       .published = "no difference shown, p = .758 (Mann-Whitney)"},
      {.id = "activity-alone-no-gain",
       .statement = "Normalizing activity alone does no better than no normalization",
       .figure = "4",
       .first = "inorm",
       .second = "ei",
       .claimed = no_gain,
       .published = "stated in the text; the figure compares inorm with e-ln"},
      {.id = "activity-alone-falls-short",
       .statement = "Normalizing activity alone stays below layer normalization",
       .figure = "4",
       .first = "inorm",
       .second = "e-ln",
       .claimed = below,
       .published = "inorm always below e-ln, 88 falling to 82 % at the best draws as epsilon grows, e-ln 89 to 86 %"},
      {.id = "errors-help",
       .statement = "Normalizing the errors as well raises test accuracy",
       .figure = "5",
       .first = "inorm-full",
       .second = "inorm",
       .claimed = above,
       .published = "inorm below e-ln at every draw (figure 4), inorm-full on or above it"},
      {.id = "errors-help-more-under-jitter",
       .statement = "The benefit of normalized errors grows with the luminosity jitter",
       .figure = "",
       .first = "inorm-full",
       .second = "inorm",
       .claimed = above,
       .is_interaction = true,
       .published = "visible in figures 4 and 5, where inorm falls further below e-ln as epsilon grows; not tested"},
      {.id = "recovers-layer-norm",
       .statement = "Normalized errors recover layer normalization",
       .figure = "5",
       .first = "inorm-full",
       .second = "e-ln",
       .claimed = equal,
       .published = "on or slightly above e-ln; U = 548.5, 645, 648, 656.5 of 900, p = .147, .004, .0035, .0023 at "
                    "epsilon 0, 0.25, 0.5, 0.75",
       .note = "With exact inhibition, both conditions have the same z, delta and updates of Wex, so this measures how "
               "well inhibition tracks"},
      {.id = "centring-does-most",
       .statement = "Centring the errors does most of it: more than half of the gain of full normalization",
       .figure = "",
       .first = "inorm-center",
       .second = kHalfWay,
       .claimed = above,
       .mean_of = {"inorm", "inorm-full"},
       .published = "not tested; see the next claim"},
      {.id = "centring-recovers",
       .statement = "Centring the errors alone recovers layer normalization",
       .figure = "6",
       .first = "inorm-center",
       .second = "e-ln",
       .claimed = equal,
       .published = "U = 376.5, 473, 490.5, 474 of 900, p = .280, .739, .554, .728 at epsilon 0, 0.25, 0.5, 0.75"},
      {.id = "scaling-hurts",
       .statement = "Scaling the errors alone does worse than leaving them as they are",
       .figure = "",
       .first = "inorm-scale",
       .second = "inorm",
       .claimed = below,
       .published = "not tested; the paper compares with e-ln"},
      {.id = "scaling-falls-short",
       .statement = "Scaling the errors alone stays below layer normalization, so the full rule adds something",
       .figure = "6",
       .first = "inorm-scale",
       .second = "e-ln",
       .claimed = below,
       .published =
           "U = 19, 15, 0, 0 of 900 at epsilon 0, 0.25, 0.5, 0.75, all p < 1e-9; 10 to 20 of 30 runs at chance"},
      {.id = "decorrelating-hurts",
       .statement = "Decorrelating the errors alone does worse than leaving them as they are",
       .figure = "",
       .first = "inorm-decorrelate",
       .second = "inorm",
       .claimed = below,
       .published = "not tested; the paper compares with e-ln"},
      {.id = "decorrelating-falls-short",
       .statement = "Decorrelating the errors alone stays below layer normalization, so the full rule adds something",
       .figure = "6",
       .first = "inorm-decorrelate",
       .second = "e-ln",
       .claimed = below,
       .published = "U = 58.5, 46, 19.5, 1 of 900 at epsilon 0, 0.25, 0.5, 0.75, all p < 1e-8"},
      {.id = "lateral-suffices",
       .statement = "Random lateral inhibition of the errors recovers layer normalization",
       .figure = "7",
       .first = "inorm-lateral",
       .second = "e-ln",
       .claimed = equal,
       .published = "U = 400, 441.5, 425, 415 of 900, p = .464, .906, .717, .610 at epsilon 0, 0.25, 0.5, 0.75; "
                    "medians at 0.75: lateral 85.1, e-ln 85.15"},
  };
}

std::optional<JitterStep> jitter_step(const Claim& claim, std::span<const double> epsilons) {
  if (!claim.is_interaction) return std::nullopt;
  return JitterStep{epsilons.front(), epsilons.back()};
}

/// The difference of a claim. None if the study lacks a condition, or the second epsilon of an interaction.
std::optional<Contrast> contrast_in(std::span<const StudyResult> results, const Claim& claim) {
  const std::vector<std::string_view> present = conditions_of(results);
  const std::vector<double> epsilons = epsilons_of(results);
  const auto has = [&](std::string_view name) { return std::ranges::find(present, name) != present.end(); };
  if (!std::ranges::all_of(conditions_of(claim), has) || (claim.is_interaction && epsilons.size() < 2))
    return std::nullopt;
  Contrast contrast(claim.first, claim.second, jitter_step(claim, epsilons));
  if (!claim.mean_of.empty()) contrast.second_sum = mean_of(claim.mean_of);
  return contrast;
}

Evidence evidence_of(const Comparison& found, const Equivalence& equivalence) {
  const PairedDifference& alone = equivalence.difference;
  return {found.difference.n, found.difference.mean, alone.low, alone.high, found.p_holm, found.least_p_holm};
}

}  // namespace

std::span<const Claim> all_claims() {
  static const std::vector<Claim> all = claims();
  return all;
}

std::vector<std::string_view> conditions_of(const Claim& claim) {
  std::vector<std::string_view> conditions{claim.first};
  if (claim.mean_of.empty()) conditions.push_back(claim.second);
  conditions.insert(conditions.end(), claim.mean_of.begin(), claim.mean_of.end());
  return conditions;
}

std::vector<Contrast> declared_contrasts(std::span<const StudyResult> results, std::span<const Contrast> of_plan) {
  if (!of_plan.empty()) return {of_plan.begin(), of_plan.end()};
  std::vector<Contrast> contrasts;
  for (const Claim& claim : all_claims())
    if (auto contrast = contrast_in(results, claim)) contrasts.push_back(*std::move(contrast));
  return contrasts;
}

std::string_view words_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::shown:
      return "shown";
    case Verdict::negligible:
      return "real but negligible";
    case Verdict::no_difference:
      return "no difference that matters";
    case Verdict::refuted:
      return "refuted";
    case Verdict::undecided:
      return "undecided";
    case Verdict::untestable:
      return "cannot be tested";
  }
  throw Bug("a verdict without words");
}

Verdict verdict_of(Claimed claimed, const Evidence& evidence) {
  using enum Verdict;
  const auto& [n, mean, low, high, p_holm, least_p_holm] = evidence;
  const bool is_there = p_holm < kClaimLevel;
  const bool has_interval = low <= high;
  const bool no_gain = high < kMargin;
  const bool no_loss = low > -kMargin;
  const bool gain = low > kMargin;
  const bool loss = high < -kMargin;
  const bool is_small = has_interval ? no_gain && no_loss : std::abs(mean) < kMargin;
  if (n < kFewestUnits) return untestable;
  switch (claimed) {
    case Claimed::above:
    case Claimed::below: {
      if (!(least_p_holm < kClaimLevel)) return untestable;
      if (!is_there) return no_gain && no_loss ? no_difference : undecided;
      if (is_small) return negligible;
      return (mean > 0) == (claimed == Claimed::above) ? shown : refuted;
    }
    case Claimed::equal:
      return no_gain && no_loss ? shown : gain || loss ? refuted : undecided;
    case Claimed::no_gain:
      return no_gain ? shown : gain || (is_there && mean > 0 && !is_small) ? refuted : undecided;
  }
  throw Bug("a claim without a rule");
}

std::vector<JudgedClaim> judged_claims(std::span<const StudyResult> results) {
  std::vector<std::optional<double>> places;
  const std::vector<double> epsilons = epsilons_of(results);
  if (epsilons.size() > 1) places.emplace_back(std::nullopt);
  places.insert(places.end(), epsilons.begin(), epsilons.end());

  const std::vector<Comparison> rows = comparisons(results, declared_contrasts(results), 0.95);
  std::vector<JudgedClaim> all;
  for (const Claim& claim : all_claims()) {
    const auto contrast = contrast_in(results, claim);
    if (!contrast) continue;
    for (const auto& epsilon : places) {
      const auto row = std::ranges::find_if(rows, [&](const Comparison& one) {
        return one.first == contrast->first && one.second == contrast->second && one.between == contrast->between &&
               one.epsilon == epsilon;
      });
      if (row == rows.end()) continue;
      const Equivalence equal = equivalence(row->of_first, row->of_second, kMargin, kClaimLevel);
      all.push_back({&claim, epsilon, *row, equal, verdict_of(claim.claimed, evidence_of(*row, equal))});
    }
  }
  return all;
}

}  // namespace chandelier

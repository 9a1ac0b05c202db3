#include "report/claims.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <tuple>

#include "base/error.hpp"
#include "report/comparison_tables.hpp"

namespace chandelier {
namespace {

/// Published values: read off the figures of the paper and their printed statistics (30 draws, 50 epochs).
const std::vector<Claim>& all_claims() {
  using enum Claimed;
  static const std::vector<Claim> claims{
      {"layer-norm-helps",
       "Layer normalization improves an E-I network.",
       {{"ei-ln", "ei", above}},
       ClaimFamily::of_the_paper,
       "Figure 2: ei-ln above ei at nearly every draw; medians 88.3, 87.8, 86.6, 84.3 against 87.0, 86.2, 84.5, 81.2 "
       "at epsilon 0, 0.25, 0.5, 0.75."},
      {"ei-equals-e",
       "With layer normalization, an E-I network does as well as one of excitation only.",
       {{"ei-ln", "e-ln", equal}},
       ClaimFamily::of_the_paper,
       "Figure 2: no difference shown, p = 0.758 (Mann-Whitney)."},
      {"activity-alone",
       "Inhibition that normalizes activity alone does not help.",
       {{"inorm", "ei", no_gain}, {"inorm", "e-ln", below}},
       ClaimFamily::of_the_paper,
       "Figure 4: inorm always below e-ln, 88 falling to 82 % at the best draws as epsilon grows, e-ln 89 to 86 %."},
      {"errors-help",
       "Inhibition that normalizes the error signals as well does help.",
       {{"inorm-full", "inorm", above}},
       ClaimFamily::of_the_paper,
       "Figures 4 and 5: inorm below e-ln at every draw, inorm-full on or above it."},
      {"recovers-layer-norm",
       "Normalized errors recover layer normalization.",
       {{"inorm-full", "e-ln", equal}},
       ClaimFamily::of_the_paper,
       "Figures 5 and 6: on or slightly above e-ln; U = 548.5, 645, 648, 656.5 of 900, p = .147, .004, .0035, .0023 at "
       "epsilon 0, 0.25, 0.5, 0.75."},
      {"centring-does-most",
       "Centring the errors does most of it: more than half of what full normalization gains.",
       {{"inorm-center", kHalfWay, above}},
       ClaimFamily::alone,
       "Figure 6: inorm-center against e-ln U = 376.5, 473, 490.5, 474 of 900, p = .280, .739, .554, .728 at epsilon "
       "0, 0.25, 0.5, 0.75."},
      {"scaling-hurts",
       "Scaling the errors alone hurts.",
       {{"inorm-scale", "e-ln", below}},
       ClaimFamily::of_the_paper,
       "Figure 6: U = 19, 15, 0, 0 of 900, all p < 1e-9; 10 to 20 of 30 runs at chance."},
      {"decorrelating-hurts",
       "Decorrelating the errors from activity alone hurts.",
       {{"inorm-decorrelate", "e-ln", below}},
       ClaimFamily::of_the_paper,
       "Figure 6: U = 58.5, 46, 19.5, 1 of 900, all p < 1e-8."},
      {"lateral-suffices",
       "Random lateral inhibition of the errors suffices.",
       {{"inorm-lateral", "e-ln", equal}},
       ClaimFamily::of_the_paper,
       "Figure 7: U = 400, 441.5, 425, 415 of 900, p = .464, .906, .717, .610; medians at epsilon 0.75: lateral 85.1, "
       "e-ln 85.15."},
  };
  return claims;
}

/// The runs half-way between `inorm` and `inorm-full`, where both have an outcome.
std::vector<StudyResult> half_way(std::span<const StudyResult> results) {
  using Place = std::tuple<double, int, std::uint64_t>;
  const auto place_of = [](const StudyRun& run) { return Place{run.epsilon, run.draw, run.seed}; };
  std::map<Place, const StudyResult*> unnormalized;
  for (const StudyResult& result : results)
    if (result.run.condition == "inorm") unnormalized[place_of(result.run)] = &result;
  std::vector<StudyResult> half;
  for (const StudyResult& result : results) {
    if (result.run.condition != "inorm-full") continue;
    const auto other = unnormalized.find(place_of(result.run));
    if (other == unnormalized.end()) continue;
    StudyResult& middle = half.emplace_back(result);
    middle.run.condition = kHalfWay;
    middle.status = "missing";
    middle.test_accuracy.reset();
    const auto a = test_percent(result, Diverged::at_chance), b = test_percent(*other->second, Diverged::at_chance);
    if (!a || !b) continue;
    middle.status = "finished";
    middle.test_accuracy = (*a + *b) / 200;
  }
  return half;
}

std::vector<Comparison> comparisons_for(const Claim& claim, std::span<const StudyResult> results) {
  if (claim.family == ClaimFamily::of_the_paper) return comparisons(results, declared_contrasts(results), 0.95);
  std::vector<StudyResult> with_half(results.begin(), results.end());
  for (StudyResult& result : half_way(results)) with_half.push_back(std::move(result));
  std::vector<Contrast> contrasts;
  for (const ClaimedDifference& what : claim.differences)
    contrasts.push_back({std::string(what.first), std::string(what.second)});
  return comparisons(with_half, contrasts, 0.95);
}

bool has_all(const Claim& claim, std::span<const std::string_view> conditions) {
  const auto has = [&](std::string_view name) { return std::ranges::find(conditions, name) != conditions.end(); };
  return std::ranges::all_of(claim.differences, [&](const ClaimedDifference& what) {
    return has(what.first) && (what.second == kHalfWay ? has("inorm") && has("inorm-full") : has(what.second));
  });
}

Verdict of_all(std::span<const JudgedDifference> differences) {
  const auto is = [](Verdict which) { return [=](const JudgedDifference& one) { return one.verdict == which; }; };
  if (std::ranges::any_of(differences, is(Verdict::does_not_hold))) return Verdict::does_not_hold;
  return std::ranges::all_of(differences, is(Verdict::holds)) ? Verdict::holds : Verdict::undecided;
}

std::string p_in_words(double p) {
  return std::isnan(p) ? "p not defined" : p < 0.001 ? "p < 0.001" : "p = " + probability(p);
}

}  // namespace

std::span<const Claim> claims_of_the_paper() { return all_claims(); }

std::string_view words_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::does_not_hold:
      return "does not hold";
    case Verdict::undecided:
      return "undecided";
  }
  throw Bug("a verdict without words");
}

Verdict judged(Claimed claimed, const Comparison& found, const Equivalence& equivalence) {
  const bool differs = found.p_holm < kClaimLevel;
  const bool is_above = differs && found.difference.mean > 0, is_below = differs && found.difference.mean < 0;
  const double low = equivalence.difference.low, high = equivalence.difference.high;
  const bool no_gain = high<kMargin, no_loss = low> - kMargin;
  const bool gain = low > kMargin, loss = high < -kMargin;
  const auto verdict = [](bool holds, bool fails) {
    return holds ? Verdict::holds : fails ? Verdict::does_not_hold : Verdict::undecided;
  };
  switch (claimed) {
    case Claimed::above:
      return verdict(is_above, is_below);
    case Claimed::below:
      return verdict(is_below, is_above);
    case Claimed::equal:
      return verdict(no_gain && no_loss, gain || loss);
    case Claimed::no_gain:
      return verdict(no_gain, gain || is_above);
  }
  throw Bug("a claim without a rule");
}

std::vector<JudgedClaim> judged_claims(std::span<const StudyResult> results) {
  std::vector<std::optional<double>> places;
  const std::vector<double> epsilons = epsilons_of(results);
  if (epsilons.size() > 1) places.emplace_back(std::nullopt);
  places.insert(places.end(), epsilons.begin(), epsilons.end());

  std::vector<JudgedClaim> all;
  const std::vector<Comparison> of_the_paper = comparisons(results, declared_contrasts(results), 0.95);
  for (const Claim& claim : all_claims()) {
    if (!has_all(claim, conditions_of(results))) continue;
    const std::vector<Comparison> rows =
        claim.family == ClaimFamily::of_the_paper ? of_the_paper : comparisons_for(claim, results);
    for (const auto& epsilon : places) {
      JudgedClaim here{&claim, epsilon, {}, Verdict::undecided};
      for (const ClaimedDifference& what : claim.differences) {
        const auto row = std::ranges::find_if(rows, [&](const Comparison& one) {
          return one.first == what.first && one.second == what.second && one.epsilon == epsilon;
        });
        if (row == rows.end()) break;
        const Equivalence equal = equivalence(row->of_first, row->of_second, kMargin, kClaimLevel);
        here.differences.push_back({what, *row, equal, judged(what.claimed, *row, equal)});
      }
      if (here.differences.size() < claim.differences.size()) continue;
      here.verdict = of_all(here.differences);
      all.push_back(std::move(here));
    }
  }
  return all;
}

std::string text_of(const JudgedDifference& judged, StudyUnit unit) {
  const Comparison& row = judged.found;
  const std::string name = fmt::format("{} - {}", row.first, row.second);
  const PairedDifference& d = row.difference;
  if (d.n == 0) return name + ": no pair of runs has an outcome";
  const bool by_interval = judged.what.claimed == Claimed::equal || judged.what.claimed == Claimed::no_gain;
  const PairedDifference& shown = by_interval ? judged.equivalence.difference : d;
  const std::string interval = shown.has_interval() ? fmt::format("{} % interval {}", by_interval ? 90 : 95,
                                                                  signed_interval(shown.low, shown.high))
                                                    : std::string("no interval can be given");
  const std::string p = judged.what.claimed == Claimed::equal ? p_in_words(judged.equivalence.p) + " of equivalence"
                                                              : p_in_words(row.p_holm) + " (Holm)";
  const bool one = d.n == 1;
  return fmt::format("{}: {} points, {}, {}, n = {} {}", name, signed_number(d.mean), interval, p, d.n,
                     unit == StudyUnit::draw ? (one ? "draw" : "draws") : (one ? "seed" : "seeds"));
}

}  // namespace chandelier

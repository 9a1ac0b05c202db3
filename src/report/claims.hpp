// Claims about inhibitory normalization that a study can test, and the one rule that judges them. Whatever says
// something of a claim (terminal, table, report, JSON, Python) takes the verdict from here and the words from
// report/claim_sentences.hpp.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "statistics/comparison.hpp"
#include "statistics/equivalence.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// Percentage points of test accuracy: a smaller difference is taken not to matter.
inline constexpr double kMargin = 0.5;
/// Of every test of a claim.
inline constexpr double kClaimLevel = 0.05;
/// Units below which no claim is tested: the sign flips of five reach p = 0.0625 at best.
inline constexpr int kFewestUnits = 6;

/// What a claim says of its difference.
enum class Claimed {
  above,    ///< above zero
  below,    ///< below zero
  equal,    ///< within the margin on both sides
  no_gain,  ///< below the margin, however far
};

struct Claim {
  std::string_view id;
  std::string_view statement;             ///< a sentence without its full stop
  std::string_view figure;                ///< of the paper, which makes the claim; empty where it is ours
  std::string_view first, second;         ///< conditions
  Claimed claimed;                        ///< of first - second
  std::vector<std::string> mean_of = {};  ///< not empty: `second` stands for the mean of these conditions
  bool is_interaction = false;            ///< of first - second at the study's strongest jitter minus at its weakest
  std::string_view published;             ///< what the paper shows
  std::string_view note = {};             ///< what the test does and does not measure
};

/// All claims, in the order of the paper's figures.
std::span<const Claim> all_claims();

/// The name that stands for the mean of `inorm` and `inorm-full` at the same epsilon, draw and seed.
inline constexpr std::string_view kHalfWay = "half-way";

/// The conditions that a study needs to test a claim.
std::vector<std::string_view> conditions_of(const Claim& claim);

/// What the plan declares (`of_plan`), or, where it declares nothing, the difference of each claim of which the study
/// has all conditions (an interaction needs two epsilons). These differences are one family.
std::vector<Contrast> declared_contrasts(std::span<const StudyResult> results, std::span<const Contrast> of_plan = {});

enum class Verdict {
  shown,          ///< the data show what the claim says
  negligible,     ///< a difference is shown, and that it is too small to matter
  no_difference,  ///< none is shown, and it is shown that one would be too small to matter
  refuted,        ///< the data show the opposite
  undecided,      ///< the data allow both
  untestable,     ///< too few units for any verdict
};
std::string_view words_of(Verdict verdict);

/// What a study knows of a difference, in percentage points.
struct Evidence {
  int n;                ///< units
  double mean;          ///< of the difference
  double low, high;     ///< its 90 % interval: two one-sided t tests at 5 %; NaN where there is none
  double p_holm;        ///< of no difference, corrected within the family
  double least_p_holm;  ///< the smallest that so many units allow
};

/// The rule. A difference is *there* where p_holm < .05; it is *small* where the 90 % interval lies within the margin.
///
///   too few      n < 6, or (above, below) least_p_holm >= .05: untestable
///   above        there and small: negligible; there: shown above zero, refuted below; small: no difference
///   below        the same with the signs turned
///   equal        small: shown; the interval wholly outside the margin: refuted
///   no_gain      the interval ends below +margin: shown; begins above it, or a gain is there and not small: refuted
///
/// All else is undecided. Without an interval (all differences equal) equal and no_gain are undecided, and small is
/// what the mean is.
Verdict verdict_of(Claimed claimed, const Evidence& evidence);

/// A claim in a study.
struct JudgedClaim {
  const Claim* claim = nullptr;
  std::optional<double> epsilon;  ///< none: over all epsilons
  Comparison found;               ///< p_holm and the 95 % interval within the family of all claims that are tested
  Equivalence equivalence;        ///< with the 90 % interval, at the margin
  Verdict verdict = Verdict::undecided;
};

/// Every claim of which the study has all conditions: first over all epsilons, where there are several, then at each
/// epsilon at which both sides are. @param results  of one data set
std::vector<JudgedClaim> judged_claims(std::span<const StudyResult> results);

}  // namespace chandelier

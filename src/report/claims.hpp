// Claims about inhibitory normalization that a study can test, and the single rule that judges them.
//
// Everything that reports a claim (terminal, table, report, JSON, Python) takes the verdict from here and the words
// from report/claim_sentences.hpp.

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

/// Margin in percentage points of test accuracy: a smaller difference is negligible.
inline constexpr double kMargin = 0.5;
/// Level of every test of a claim.
inline constexpr double kClaimLevel = 0.05;
/// With fewer units no claim is tested: the sign flips of five units reach p = 0.0625 at best.
inline constexpr int kFewestUnits = 6;

/// What a claim says about its difference.
enum class Claimed {
  above,    ///< above zero
  below,    ///< below zero
  equal,    ///< within the margin on both sides
  no_gain,  ///< below the margin, no matter how far
};

struct Claim {
  std::string_view id;
  std::string_view statement;             ///< a sentence without its full stop
  std::string_view figure;                ///< figure of the paper that makes the claim; empty if it is not the paper's
  std::string_view first, second;         ///< conditions
  Claimed claimed;                        ///< about first - second
  std::vector<std::string> mean_of = {};  ///< if not empty, `second` stands for the mean of these conditions
  bool is_interaction = false;            ///< first - second at the study's strongest jitter minus at its weakest
  std::string_view published;             ///< what the paper shows
  std::string_view note = {};             ///< what the test does and does not measure
};

/// All claims, in the order of the paper's figures.
std::span<const Claim> all_claims();

/// The name that stands for the mean of `inorm` and `inorm-full` at the same epsilon, draw and seed.
inline constexpr std::string_view kHalfWay = "half-way";

/// The conditions that a study needs to test a claim.
std::vector<std::string_view> conditions_of(const Claim& claim);

/// The differences that the plan declares (`of_plan`). If it declares none, the difference of each claim for which the
/// study has all conditions (an interaction needs two epsilons). These differences form one family.
std::vector<Contrast> declared_contrasts(std::span<const StudyResult> results, std::span<const Contrast> of_plan = {});

enum class Verdict {
  shown,          ///< the data show what the claim says
  negligible,     ///< there is a difference, but it is too small to matter
  no_difference,  ///< no difference was found, and any difference is too small to matter
  refuted,        ///< the data show the opposite
  undecided,      ///< the data are compatible with both
  untestable,     ///< too few units for any verdict
};
std::string_view words_of(Verdict verdict);

/// What a study knows about a difference, in percentage points.
struct Evidence {
  int n;                ///< units
  double mean;          ///< mean difference
  double low, high;     ///< its 90 % interval (two one-sided t tests at 5 %); NaN if there is none
  double p_holm;        ///< p for no difference, corrected within the family
  double least_p_holm;  ///< smallest p_holm possible with this number of units
};

/// The rule. A difference is *there* if p_holm < .05. It is *small* if the 90 % interval lies within the margin.
///
///   too few      n < 6, or (above, below) least_p_holm >= .05: untestable
///   above        there and small: negligible; there: shown above zero, refuted below; small: no difference
///   below        the same with opposite signs
///   equal        small: shown; the interval entirely outside the margin: refuted
///   no_gain      the interval ends below +margin: shown; begins above it, or a gain is there and not small: refuted
///
/// Everything else is undecided. Without an interval (all differences are equal), equal and no_gain are undecided, and
/// the mean decides whether a difference is small.
Verdict verdict_of(Claimed claimed, const Evidence& evidence);

/// A claim, judged by a study.
struct JudgedClaim {
  const Claim* claim = nullptr;
  std::optional<double> epsilon;  ///< none: over all epsilons
  Comparison found;               ///< with p_holm and the 95 % interval corrected over all claims tested
  Equivalence equivalence;        ///< at the margin, with the 90 % interval
  Verdict verdict = Verdict::undecided;
};

/// Every claim for which the study has all conditions: first over all epsilons, if there are several, then at each
/// epsilon at which both sides exist. @param results  results of one data set
std::vector<JudgedClaim> judged_claims(std::span<const StudyResult> results);

}  // namespace chandelier

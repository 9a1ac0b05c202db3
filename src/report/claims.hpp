// The claims of the paper (arXiv 2603.17676) that a study can test, each judged by a rule that is declared with it.

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

/// Percentage points of test accuracy; smaller differences are taken to be of no matter.
inline constexpr double kMargin = 0.5;
/// Of every test of a claim.
inline constexpr double kClaimLevel = 0.05;

/// What a claim says of a difference `first - second`.
enum class Claimed {
  above,    ///< above zero
  below,    ///< below zero
  equal,    ///< within the margin on both sides
  no_gain,  ///< below the margin, however far
};

struct ClaimedDifference {
  std::string_view first, second;
  Claimed claimed;
};

/// Which differences are adjusted together by Holm.
enum class ClaimFamily {
  of_the_paper,  ///< all of the paper's that the study has (`declared_contrasts`), as `study table` does without
                 ///< `compare`
  alone,         ///< that of the claim alone
};

struct Claim {
  std::string_view id;
  std::string_view statement;                  ///< a sentence
  std::vector<ClaimedDifference> differences;  ///< all must hold
  ClaimFamily family;
  std::string_view published;  ///< what the paper shows
};

/// All of them, in the order of the paper's figures.
std::span<const Claim> claims_of_the_paper();

/// The condition that stands for "most of it": its accuracy is the mean of `inorm` and `inorm-full` at the same
/// epsilon, draw and seed.
inline constexpr std::string_view kHalfWay = "half-way";

enum class Verdict { holds, does_not_hold, undecided };
std::string_view words_of(Verdict verdict);

/// A difference in a study, with what was made of it.
struct JudgedDifference {
  ClaimedDifference what;
  Comparison found;         ///< p_holm and the 95 % interval within the claim's family
  Equivalence equivalence;  ///< with the 90 % interval, at the margin
  Verdict verdict = Verdict::undecided;
};

/// The rule. With the 90 % interval and p adjusted by Holm:
///
///   above, below   holds: p < .05 in that direction; does not hold: p < .05 in the other; else undecided
///   equal          holds: interval within the margin; does not hold: interval outside it; else undecided
///   no_gain        holds: interval below +margin; does not hold: interval above it, or p < .05 above zero; else
///                  undecided
///
/// Where no interval can be given (fewer than two units, or all differences equal) nothing is decided by it.
Verdict judged(Claimed claimed, const Comparison& found, const Equivalence& equivalence);

/// A claim in a study.
struct JudgedClaim {
  const Claim* claim = nullptr;
  std::optional<double> epsilon;  ///< none: over all epsilons
  std::vector<JudgedDifference> differences;
  /// Holds where all differences do, does not hold where one does not; else undecided.
  Verdict verdict = Verdict::undecided;
};

/// Every claim of which the study has all conditions: first that over all epsilons, where there are several, then at
/// each epsilon at which it can be told. @param results  of one data set
std::vector<JudgedClaim> judged_claims(std::span<const StudyResult> results);

/// "inorm-full - inorm: +4.23 points, 95 % interval [+3.48, +4.97], p = 0.008 (Holm), n = 10 seeds"
std::string text_of(const JudgedDifference& judged, StudyUnit unit);

}  // namespace chandelier

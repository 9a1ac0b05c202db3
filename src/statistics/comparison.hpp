// Conditions of a study against each other: test accuracy over paired runs, and how often they diverge.

#pragma once

#include <cmath>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "statistics/effect_sizes.hpp"
#include "statistics/mann_whitney.hpp"
#include "statistics/paired.hpp"
#include "statistics/wilcoxon.hpp"
#include "studies/study_place.hpp"
#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// What n counts in a table of accuracies. Runs that share their hyper-parameters are no independent evidence about
/// other hyper-parameters, so the unit is the draw (its seeds averaged) where a study has several draws, and the seed
/// where it has one.
enum class StudyUnit { seed, draw };

StudyUnit unit_of(std::span<const StudyResult> results);
/// The number of the unit that a run belongs to.
std::uint64_t unit_number(const StudyRun& run, StudyUnit kind);

/// A run that diverged has learned nothing that can be used: it counts with the accuracy of a guess, 1/classes. Left
/// out instead, a condition would gain by diverging where it is weak.
enum class Diverged { at_chance, left_out };

/// Accuracies are fractions of whole images, so that means which should be equal are so only up to rounding; ranks must
/// see them equal. @returns percentage points to 9 decimals
double without_rounding(double points);

/// Whether a run is finished with a test accuracy that is a number, or diverged.
bool has_outcome(const StudyResult& result);
/// What came out of the runs of a study. @throws DataError where none of them has an outcome.
std::vector<StudyResult> results_with_outcome(const StudyPlace& place);
/// Whether a run finished but learned nothing: its test accuracy is within 2 points of a guess, or nothing passes one
/// of its hidden layers any more. It counts with its accuracy; that it collapsed is reported beside what diverged.
bool has_collapsed(const StudyResult& result);
/// Test accuracy in %; none where the run has no outcome, repeats another, or diverged and is left out.
std::optional<double> test_percent(const StudyResult& result, Diverged diverged);

/// Test accuracies in % of a condition at one epsilon by run: `unit` of each, ascending.
struct RunAccuracies {
  std::vector<int> unit;
  std::vector<double> percent;
};
RunAccuracies run_accuracies(std::span<const StudyResult> results, std::string_view condition, double epsilon,
                             Diverged diverged = Diverged::at_chance);
/// The mean of each unit, without what is rounding alone.
std::vector<double> unit_means(const RunAccuracies& runs);

/// How often the runs of a contrast diverged or collapsed.
struct Divergence {
  int first = 0, second = 0;                      ///< runs that diverged, of those of `pairs`
  int more_first = 0, more_second = 0;            ///< units in which more runs of the one diverged than of the other
  double p = NAN;                                 ///< `sign_test` of the two numbers of units: diverged as often
  int collapsed_first = 0, collapsed_second = 0;  ///< runs that collapsed, of those of `pairs`
};

/// Pairs of which some share a run, and the units that they count as.
struct SharedRuns {
  int pairs = 0, units = 0;
  std::vector<std::string> conditions;  ///< of the shared runs
};

/// `first` minus `second`, in percentage points of test accuracy. A pair is two runs of the same epsilon, draw and
/// seed; it counts when both have an outcome. Over several epsilons a unit counts when it has a pair at each of them.
/// A run that repeats another is that other one.
///
/// Units that share a run on either side are one (`independent_units`): a condition in which the drawn setting does
/// nothing has one run for all draws, and the differences from it share its noise. Where that joins all draws, what is
/// left to count is seeds, and units are seeds, again joined where they share a run.
///
/// With a_u and b_u the means of unit u over its pairs, each epsilon with equal weight, and d_u = a_u - b_u:
///
///   p          `sign_flip_test` of d: the primary test. Averaging over epsilon within a unit stratifies by it, and
///              the signs are those of units, since the pairs of a unit are not independent of each other.
///   difference its mean, with an interval that holds for all of a family together (`paired_difference`)
///   shift      `hodges_lehmann` of d, of the same confidence
///   wilcoxon, rank_biserial    of d
///   unpaired, cliffs_delta     `mann_whitney` of the values of all units at all epsilons, as the paper does: it
///              ignores the pairs and what they share, and takes several epsilons of a unit as independent
///
/// Of an interaction (`between`) a_u is the mean difference of the unit's pairs at the strong jitter, b_u that at the
/// weak one; there is no unpaired test of it.
struct Comparison {
  std::string first, second;
  std::optional<JitterStep> between;  ///< of an interaction
  std::optional<double> epsilon;      ///< none: over all epsilons that both conditions have
  int planned_pairs = 0;              ///< epsilons, draws and seeds at which the study has either condition
  int pairs = 0;                      ///< those at which both have an outcome
  StudyUnit unit = StudyUnit::seed;   ///< what n counts
  int seeds_of_unit = 0;              ///< the most that a unit has at one epsilon
  SharedRuns shared;
  std::vector<double> of_first, of_second;  ///< [n]  a_u and b_u
  double p = NAN, p_holm = NAN;
  double least_p_holm = NAN;  ///< the smallest p_holm that so many units allow in this family, whatever they say
  PairedDifference difference;
  Shift shift;
  Wilcoxon wilcoxon;
  double rank_biserial = NAN;
  MannWhitney unpaired;
  double cliffs_delta = NAN;
  Divergence divergence;
};

/// "inorm-full - inorm", or "inorm-full - inorm, 0.75 - 0" of an interaction.
std::string name_of(const Comparison& comparison);

/// Every contrast over all epsilons, where there are several, then at each epsilon in ascending order; an interaction
/// only over all.
///
/// There are two families: what is over all epsilons (the primary questions), and what is at one epsilon. Within each,
/// finished or not, `p_holm` is adjusted by Holm, and the intervals hold together at `confidence`
/// (`simultaneous_level`). A study of one epsilon has one family.
/// @throws Bug when two results are the same run (condition, epsilon, draw and seed).
std::vector<Comparison> comparisons(std::span<const StudyResult> results, std::span<const Contrast> contrasts,
                                    double confidence, Diverged diverged = Diverged::at_chance);

/// The epsilons of a study, ascending.
std::vector<double> epsilons_of(std::span<const StudyResult> results);
/// The conditions that a study has, in the order of the results; at one epsilon, or at any.
std::vector<std::string_view> conditions_of(std::span<const StudyResult> results,
                                            std::optional<double> epsilon = std::nullopt);

}  // namespace chandelier

// Compares conditions of a study: test accuracy over paired runs, and how often runs diverge.

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
#include "studies/contrast.hpp"
#include "studies/study_place.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// What n counts in a table of accuracies: draws (with the seeds of a draw averaged) if a study has several draws,
/// otherwise seeds. Runs that share their hyper-parameters are not independent evidence about other hyper-parameters.
enum class StudyUnit { seed, draw };

StudyUnit unit_of(std::span<const StudyResult> results);
/// The number of a run's unit.
std::uint64_t unit_number(const StudyRun& run, StudyUnit kind);

/// How diverged runs count. By default at chance accuracy, 1/classes: such a network is useless. If they were left out,
/// a condition would gain by diverging where it is weak.
enum class Diverged { at_chance, left_out };

/// Sign flips drawn by the primary test. The smallest p is 0.00005, enough for 40 tests adjusted together.
inline constexpr std::uint32_t kSignFlips = 19'999;

/// Removes floating-point rounding from means of accuracies. Accuracies are fractions of whole images, and means that
/// are equal in exact arithmetic must be equal for ranks. @returns percentage points to 9 decimals
double without_rounding(double points);

/// Whether a run finished with a valid test accuracy, or diverged.
bool has_outcome(const StudyResult& result);
/// The results of all runs of a study. @throws DataError if none of them has an outcome.
std::vector<StudyResult> results_with_outcome(const StudyPlace& place);
/// The same from tables of runs (`read_run_tables`) instead of the study's folder, unless there are none.
std::vector<StudyResult> results_with_outcome(const StudyPlace& place, std::span<const std::filesystem::path> tables);
/// Whether a run finished but collapsed: its test accuracy is within 2 points of chance, or one of its hidden layers
/// has no active unit. It counts with its accuracy, and is reported next to the diverged runs.
bool has_collapsed(const StudyResult& result);
/// Test accuracy in %. None if the run has no outcome, repeats another, or diverged and is left out.
std::optional<double> test_percent(const StudyResult& result, Diverged diverged);

/// Test accuracies in % of the runs of a condition at one epsilon, with the unit of each, in ascending order of units.
struct RunAccuracies {
  std::vector<int> unit;
  std::vector<double> percent;
};
RunAccuracies run_accuracies(std::span<const StudyResult> results, std::string_view condition, double epsilon,
                             Diverged diverged = Diverged::at_chance);
/// The mean of each unit, `without_rounding`.
std::vector<double> unit_means(const RunAccuracies& runs);

/// How often the runs of a contrast diverged or collapsed.
struct Divergence {
  int first = 0, second = 0;            ///< diverged runs among those of `pairs`
  int runs_first = 0, runs_second = 0;  ///< the runs of `pairs`; a mean has several in each
  int more_first = 0, more_second = 0;  ///< units in which a larger share of the runs of this side diverged
  double p = NAN;  ///< `sign_test` of these numbers: both sides diverge equally often; NaN for an interaction
  int collapsed_first = 0, collapsed_second = 0;  ///< collapsed runs among those of `pairs`
};

/// Pairs that share runs with other pairs, and the number of units that they count as.
struct SharedRuns {
  int pairs = 0, units = 0;
  std::vector<std::string> conditions;  ///< of the shared runs
};

/// The difference `first` minus `second`, in percentage points of test accuracy.
///
/// A pair is two runs with the same epsilon, draw and seed. It counts if both have an outcome. Over several epsilons, a
/// unit counts if it has a pair at each of them. A repeated run stands for the run that it repeats.
///
/// Units that share a run on either side are merged (`independent_units`): a condition on which the drawn setting has
/// no effect has one run for all draws, and all differences from it share its noise. If that merges all draws, units
/// are seeds instead, again merged if they share a run.
///
/// With a_u and b_u the means of unit u over its pairs, each epsilon with equal weight, and d_u = a_u - b_u:
///
///   p          `sign_flip_test` of d: the primary test. Averaging over epsilon within a unit stratifies by epsilon.
///              Signs are flipped by unit, since the pairs of a unit are not independent of each other.
///   difference mean of d, with a simultaneous interval for the whole family (`paired_difference`)
///   shift      `hodges_lehmann` of d, with the same confidence
///   wilcoxon, rank_biserial    of d
///   unpaired, cliffs_delta     `mann_whitney` of the values of all units at all epsilons, as in the paper. It ignores
///              the pairing, and treats several epsilons of a unit as independent.
///
/// For an interaction (`between`), a_u is the mean difference of the unit's pairs at the strong jitter, and b_u that at
/// the weak jitter. It has no unpaired test.
struct Comparison {
  std::string first, second, label;
  std::optional<JitterStep> between;  ///< for an interaction
  std::optional<double> epsilon;      ///< none: over all epsilons that both conditions have
  int planned_pairs = 0;              ///< epsilons, draws and seeds at which the study has either condition
  int pairs = 0;                      ///< those at which both have an outcome
  StudyUnit unit = StudyUnit::seed;   ///< what n counts
  int seeds_of_unit = 0;              ///< largest number of seeds that a unit has at one epsilon
  SharedRuns shared;
  std::vector<double> of_first, of_second;  ///< [n]  a_u and b_u
  double p = NAN, p_holm = NAN;
  double least_p_holm = NAN;  ///< smallest p_holm possible with this number of units in this family, whatever the data
  PairedDifference difference;
  Shift shift;
  Wilcoxon wilcoxon;
  double rank_biserial = NAN;
  MannWhitney unpaired;
  double cliffs_delta = NAN;
  Divergence divergence;
};

/// The label, or "inorm-full - inorm", or "inorm-full - inorm, 0.75 - 0" for an interaction with the jitter.
std::string name_of(const Comparison& comparison);

/// Every contrast over all epsilons, if there are several, then at each epsilon in ascending order. Interactions are
/// only over all epsilons.
///
/// There are two families: comparisons over all epsilons (the primary questions), and comparisons at one epsilon.
/// Within each, whether or not its runs have finished, `p_holm` is adjusted by Holm's method, and the intervals hold
/// simultaneously at `confidence` (`simultaneous_level`). A study of one epsilon has one family.
/// @throws Bug if two results are the same run (condition, epsilon, draw and seed).
std::vector<Comparison> comparisons(std::span<const StudyResult> results, std::span<const Contrast> contrasts,
                                    double confidence, Diverged diverged = Diverged::at_chance);

/// The epsilons of a study, ascending.
std::vector<double> epsilons_of(std::span<const StudyResult> results);
/// The conditions of a study, in the order of the results: at one epsilon, or at any.
std::vector<std::string_view> conditions_of(std::span<const StudyResult> results,
                                            std::optional<double> epsilon = std::nullopt);

}  // namespace chandelier

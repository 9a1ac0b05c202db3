// Differences in test accuracy between the conditions of a study, over paired runs.

#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "statistics/paired.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// What n counts. Runs that share their hyper-parameters are no independent evidence about other hyper-parameters, so
/// the unit is the draw (its seeds averaged) where a study has several draws, and the seed where it has one.
enum class StudyUnit { seed, draw };

StudyUnit unit_of(std::span<const StudyResult> results);

/// Whether a run counts: its status is `finished` and its test accuracy is a number.
bool is_finished(const StudyResult& result);

/// Test accuracies in % of the finished runs of a condition at one epsilon, one value a unit.
std::vector<double> test_accuracies(std::span<const StudyResult> results, std::string_view condition, double epsilon);

/// Test accuracy of `first` minus that of `second` at one epsilon, in percentage points. A pair is two runs of the
/// same draw and seed; it counts when both finished.
struct ConditionDifference {
  std::string_view first, second;
  double epsilon = 0;
  int planned_pairs = 0;        ///< draws and seeds at which the study has either condition
  int pairs = 0;                ///< those at which both finished
  PairedDifference difference;  ///< over units: `n` is `pairs` for seeds, and the draws with a pair for draws
};

/// The paper's questions, declared before any result is seen: of
///   inorm - ei, inorm - e-ln, inorm-full - inorm, inorm-full - e-ln, ei-ln - ei, ei-ln - e-ln
/// those whose two conditions the study has, at each epsilon, in the order of the epsilons. The intervals hold
/// simultaneously at `confidence` and `p` is adjusted, both by Bonferroni over everything returned, finished or not:
/// with m differences, each interval has confidence 1 - (1 - confidence)/m, and p is min(1, m p).
/// @throws Bug when two results are the same run (condition, epsilon, draw and seed).
std::vector<ConditionDifference> condition_differences(std::span<const StudyResult> results, double confidence);

/// The epsilons of a study, ascending.
std::vector<double> epsilons_of(std::span<const StudyResult> results);
/// The conditions that a study has at one epsilon, in the order of the results.
std::vector<std::string_view> conditions_of(std::span<const StudyResult> results, double epsilon);

}  // namespace chandelier

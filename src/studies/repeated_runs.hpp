// Repeated runs: runs of a study that are bound to equal another one. They are not independent evidence, so they are
// trained and counted once.

#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// The repeated runs of a plan, and why they repeat others.
struct RepeatedRuns {
  /// For each run of the plan: the position of the first run of the same condition, epsilon, seed and data set that
  /// must have the same result, as their settings differ in nothing that matters to them; if there is none, its own.
  std::vector<std::size_t> first_alike;
  /// For each run: the settings in which it differs from that first one, "lambda, momentum_inhibitory"; empty if the
  /// settings are the same.
  std::vector<std::string> what_differs;

  std::size_t count() const;  ///< runs that repeat another
};

/// Finds runs whose settings are equal except for those that cannot matter: settings that only decide which files a run
/// writes or what it measures, and drawn settings without effect (`does_nothing`) in this run.
RepeatedRuns repeated_runs(const StudyPlan& plan);

/// Describes which runs repeat which, and why: "e-ln, e: draws 1 to 11 repeat draw 0 (lambda has no effect)".
std::vector<std::string> in_words(const RepeatedRuns& repeated, const StudyPlan& plan);

/// "1, 2, 5 to 9". @param numbers  ascending
std::string numbers_in_words(std::span<const int> numbers);

/// Of all runs that must have the same result, gives status "repeats" to all but one: the first that has ended, or
/// otherwise the first that can be run.
/// @param results  of every run of the plan, in its order
void mark_repeated(std::vector<StudyResult>& results, const RepeatedRuns& repeated);

/// The same for finished runs of one condition, epsilon and data set that turn out to have the same weights. It only
/// reads weights of runs with the same final test accuracy and loss.
void mark_equal_weights(std::vector<StudyResult>& results, const std::filesystem::path& study_folder);

}  // namespace chandelier

// Runs of a study that are one run under several names. They are no independent evidence, so they are trained once and
// counted once.

#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// What makes runs of a plan one and the same.
struct RepeatedRuns {
  /// Of each run of the plan: the first run of its condition, epsilon, seed and data set that must come out alike (by
  /// its place in the plan), for their settings differ in nothing that matters to them; itself where there is none.
  std::vector<std::size_t> first_alike;
  /// Of each run: the settings in which it differs from that first one, "lambda, momentum_inhibitory"; empty where it
  /// has the same settings.
  std::vector<std::string> what_differs;

  std::size_t count() const;  ///< runs that repeat another
};

/// Runs whose settings are equal but for what cannot matter. That is what decides only which files a run leaves or what
/// it measures, and what is drawn but does nothing (`does_nothing`) in this run.
RepeatedRuns repeated_runs(const StudyPlan& plan);

/// What repeats what, and why, as sentences: "e-ln, e: draws 1 to 11 repeat draw 0 (lambda does nothing)".
std::vector<std::string> in_words(const RepeatedRuns& repeated, const StudyPlan& plan);

/// "1, 2, 5 to 9". @param numbers  ascending
std::string numbers_in_words(std::span<const int> numbers);

/// Gives status "repeats" to all runs that must come out alike but one: the first that has ended, or else the
/// first that can be run.
/// @param results  of every run of the plan, in its order
void mark_repeated(std::vector<StudyResult>& results, const RepeatedRuns& repeated);

/// The same for finished runs of one condition, epsilon and data set that turn out to have the same weights. Only files
/// of runs with the same last test accuracy and loss are read.
void mark_equal_weights(std::vector<StudyResult>& results, const std::filesystem::path& study_folder);

}  // namespace chandelier

// A study as text for a terminal: test accuracies, differences between conditions, runs that went wrong, and claims.

#pragma once

#include <span>
#include <string>

#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

enum class Shown {
  primary_test,  ///< what fits on a screen
  all_tests,     ///< everything, also at each epsilon
};

/// For each data set: test accuracies by condition; the declared differences (`declared_contrasts`, `comparisons` at 95
/// %) over all epsilons, or at the study's only one, with the primary test; what n counts; runs that diverged,
/// collapsed, have no outcome or repeat another; whether runs come from several builds or CPUs; claims (`claims_text`).
///
/// With all tests also: the differences at each epsilon; robust and unpaired tests; accuracies with interquartile mean,
/// bootstrap interval, sd and min; rates of divergence and the differences without diverged runs; optima at the edge of
/// the searched range. Paragraphs are at most `kTextWidth` wide, without colours.
/// @param of_plan  the differences that the plan declares; if none, those of the claims
/// @param draws  how hyper-parameters were searched
std::string study_table(std::span<const StudyResult> results, std::span<const Contrast> of_plan = {},
                        const Draws& draws = {}, Shown shown = Shown::primary_test);

}  // namespace chandelier

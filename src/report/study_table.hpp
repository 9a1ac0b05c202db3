// A study as text for a terminal: test accuracies, differences between conditions, and the runs that count otherwise.

#pragma once

#include <span>
#include <string>

#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// For each data set: the declared differences (`declared_contrasts`, `comparisons` at 95 %) over all epsilons; for
/// each epsilon a row a condition (test accuracy after the last epoch in %: median, interquartile mean with its
/// bootstrap interval, mean, sd, min over units) and the differences there; divergences and the differences without
/// diverged runs; optima at the edge of the searched range; every run that diverged or has no outcome; whether runs
/// come from several builds or CPUs. Columns keep to `text_width`; no colours.
/// @param of_plan  the differences that the plan declares; those of the paper where it declares none
/// @param draws  where hyper-parameters were searched
std::string study_table(std::span<const StudyResult> results, std::span<const Contrast> of_plan = {},
                        const Draws& draws = {});

}  // namespace chandelier

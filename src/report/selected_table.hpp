// The best runs of each condition: selected by test accuracy, as in the paper, or without bias by validation accuracy.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// The accuracy that the best runs are selected by.
enum class SelectBy { test, validation };

/// The `best` units of each condition, for each data set and epsilon: median, mean and range of their test accuracy in
/// %, and the paper's unpaired Mann-Whitney U for the declared contrasts, with p adjusted over them by Holm's method.
/// Over all epsilons, the same for the pooled selected units of each.
///
/// The paper selects by test accuracy for some figures. Those numbers are too high, so the table has a warning. Either
/// way, different conditions have different units, so there is no paired test.
/// @param validation  accuracy of each result on held-out images, a fraction; unused for `SelectBy::test`
/// @param of_plan  the differences that the plan declares; if none, those of the claims
/// @throws SettingError if the runs are to be selected by held-out images but held out none.
std::string selected_table(std::span<const StudyResult> results, SelectBy by, int best,
                           std::span<const std::optional<double>> validation, std::span<const Contrast> of_plan = {});

}  // namespace chandelier

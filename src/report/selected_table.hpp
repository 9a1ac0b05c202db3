// The best runs of each condition, as the paper takes them or soundly.

#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// By what the best are chosen.
enum class SelectBy { test, validation };

/// For each data set and epsilon the `best` units of each condition: median, mean and range of their test accuracy in
/// %, and the paper's unpaired Mann-Whitney U of the declared contrasts, p adjusted by Holm over those; over all
/// epsilons the same of the chosen of each. By test accuracy this is what the paper does for some figures; it is
/// labelled and warned of, for the numbers are then too high. Either way no two conditions have the same units, so
/// there is no paired test.
/// @param validation  accuracy of each result on the images held out, a fraction; unused for `SelectBy::test`
/// @param of_plan  the differences that the plan declares; those of the paper where it declares none
/// @throws SettingError where the runs held out no images and are to be selected by them.
std::string selected_table(std::span<const StudyResult> results, SelectBy by, int best,
                           std::span<const std::optional<double>> validation, std::span<const Contrast> of_plan = {});

}  // namespace chandelier

// What diverged runs change about a study's answer, as text for a terminal.

#pragma once

#include <span>
#include <string>

#include "report/comparison_tables.hpp"
#include "statistics/comparison.hpp"

namespace chandelier {

/// The rates of divergence of the rows over all epsilons (of a study of one: at it) with their test, and the primary
/// test without diverged runs of every row that has some. Empty where no run diverged.
/// @param rows  `comparisons` of these contrasts, diverged runs at chance
std::string divergence_text(std::span<const StudyResult> results, std::span<const Contrast> contrasts,
                            std::span<const Comparison> rows, const RowLabel& label);

}  // namespace chandelier

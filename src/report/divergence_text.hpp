// How diverged runs affect the results of a study, as text for a terminal.

#pragma once

#include <span>
#include <string>

#include "report/comparison_tables.hpp"
#include "statistics/comparison.hpp"

namespace chandelier {

/// Rates of divergence over all epsilons (or at the only one) with their test, then the primary test without diverged
/// runs for every row that has some. Empty if no run diverged or collapsed.
/// @param rows  `comparisons` of these contrasts, with diverged runs at chance
std::string divergence_text(std::span<const StudyResult> results, std::span<const Contrast> contrasts,
                            std::span<const Comparison> rows, const RowLabel& label);

}  // namespace chandelier

// Figures of the conditions themselves: accuracies as a matrix, and the differences that the study declares.

#pragma once

#include <span>

#include "report/figure_parts.hpp"

namespace chandelier {

/// Mean test accuracy of every condition: a row for each combination of circuit and normalizations, a column for each
/// combination of the other settings that distinguish conditions (error route, feedback, luminosity, ...). A study
/// whose conditions do not differ in both says so.
Json condition_matrix(const FigureSource& source);

/// The differences that the plan declares, or those of the claims, with their intervals: over all epsilons where there
/// are several, then at each.
/// @param rows  `comparisons` of what the plan declares, 95 %
Json declared_differences(const FigureSource& source, std::span<const Comparison> rows);

}  // namespace chandelier

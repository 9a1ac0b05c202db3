// Checks if the best hyper-parameters lie at the edge of the searched range.

#pragma once

#include <span>
#include <string>

#include "studies/draws.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// One line for each condition and each drawn numeric setting whose best draws lie at an edge of the searched range, so
/// that the optimum may lie beyond it.
///
/// The best draws are the tenth (at least one) with the highest test accuracy, averaged over epsilons and seeds. They
/// are at the edge if their median position is in the outer tenth of the range. For random draws this is the range that
/// they were drawn from, on the scale of the drawing. For a grid or a list it extends from the smallest to the largest
/// value, on a log scale if all values are positive and the largest is at least five times the smallest.
///
/// A setting without any effect may be reported by chance: rarely with 30 draws, often with few. Empty for fewer than
/// three draws, and for a condition whose best draws learned nothing.
std::string search_edges(std::span<const StudyResult> results, const Draws& draws = {});

}  // namespace chandelier

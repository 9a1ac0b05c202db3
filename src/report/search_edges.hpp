// Whether the best hyper-parameters lie at the edge of what was searched.

#pragma once

#include <span>
#include <string>

#include "studies/draws.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// A line for each condition and each numeric setting that the draws vary, where the best draws lie at an edge of what
/// was searched: the optimum may lie beyond. The best are the tenth of the draws (at least one) with the highest test
/// accuracy, averaged over epsilons and seeds; at the edge is their median place in the outer tenth of the range. That
/// is the range that random draws were taken from, on their scale. Of a grid or a list it reaches from the smallest to
/// the largest value, on a log scale where all values are positive and the largest is at least five times the smallest.
/// Of a setting that does not matter this says so by chance: rarely with 30 draws, often with few. Empty below three
/// draws, and of a condition whose best draws learned nothing.
std::string search_edges(std::span<const StudyResult> results, const Draws& draws = {});

}  // namespace chandelier

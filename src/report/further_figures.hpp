// Figures beyond the paper: learning curves, other luminosities, the factorial, hyper-parameters, weights.

#pragma once

#include "report/figure_parts.hpp"
#include "studies/draws.hpp"

namespace chandelier {

/// Learning curves and measures over epochs (median and middle half); accuracy by training epsilon and evaluation
/// shift (evaluation.csv of each run); accuracy by luminosity; activity x error normalization; direction against
/// magnitude; accuracy against each drawn setting; weights before and after learning. A figure for which the study has
/// no data says so.
/// @param draws  the draws of the plan
/// @param problems  receives a sentence on every file that could not be read
Json further_figures(const FigureSource& source, const Draws& draws, std::vector<std::string>& problems);

}  // namespace chandelier

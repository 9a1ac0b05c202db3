// Figures beyond the paper's: the course of learning, other luminosities, the factorial, hyper-parameters, weights.

#pragma once

#include "report/figure_parts.hpp"
#include "studies/draws.hpp"

namespace chandelier {

/// Learning curves and measures over epochs (median and middle half); accuracy over training and evaluation luminosity
/// (evaluation.csv of each run); accuracy by luminosity; activity x error normalization; direction against magnitude;
/// accuracy against each drawn setting; weights before and after learning. What the study has nothing for says so.
/// @param draws  of the plan
/// @param problems  gets a sentence on every file that could not be read
Json further_figures(const FigureSource& source, const Draws& draws, std::vector<std::string>& problems);

}  // namespace chandelier

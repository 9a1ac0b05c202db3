// Figures 1 to 7 of the paper (arXiv 2603.17676) and the figure of its supplement, from the runs of a study.

#pragma once

#include "report/figure_parts.hpp"

namespace chandelier {

/// 1  images without and with jitter
/// 2  `ei-ln` against `ei`, one point per unit and epsilon; `ei-ln` and `e-ln` as boxes, Mann-Whitney U
/// 3  first moment and variance of activity: `ei`, `inorm-sub`, `inorm`
/// 4  `inorm` against `e-ln`; output and gradient alignment at the strongest jitter
/// 5  the same for `inorm-full`
/// 6  gradient alignment of `inorm-center`, `-decorrelate`, `-scale`; their accuracy and that of `inorm-full` at each
///    epsilon, with the median of `e-ln` and Mann-Whitney U against it
/// 7  the same for `inorm-lateral`, `-center`, `-full`
/// S  output alignment of `inorm` over lambda, if the draws vary it
///
/// Values are those of the last epoch; measures are averaged over hidden layers. Every draw is shown, whereas figures 2
/// and 3 of the paper show the best 10.
Json figures_of_the_paper(const FigureSource& source);

}  // namespace chandelier

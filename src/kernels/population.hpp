// Sums over the units of a population, one for each sample of the batch, and elementwise operations.
// Activity is [units x batch]. Sums are vectors over the batch.

#pragma once

#include "base/matrix.hpp"

namespace chandelier {

/// Added inside every square root of a variance.
inline constexpr Real kTau = Real(1e-5);

/// mean_j a_j, for each sample.
void mean_over_units(ConstMatrixView a, VectorView mean);

/// mean_j a_j and the population variance var_j a_j, for each sample (two passes, so no cancellation).
void moments_over_units(ConstMatrixView a, VectorView mean, VectorView variance);

/// sum_j a_j b_j, for each sample.
void dot_over_units(ConstMatrixView a, ConstMatrixView b, VectorView dot);

/// a_j += bias_j
void add_bias(MatrixView a, ConstVectorView bias);

/// h = max(0, y). NaN stays NaN, so that divergence is noticed.
void rectify(ConstMatrixView y, MatrixView h);

/// g <- g * 1[y > 0]: the error passes only where the unit is active.
void pass_where_active(ConstMatrixView y, MatrixView g);

/// to = from^T
void transpose(ConstMatrixView from, MatrixView to);

/// w = max(0, w). NaN stays NaN, so that divergence is noticed.
void project_non_negative(MatrixView w);

}  // namespace chandelier

// How far inhibition is from its homeostatic aim: means of moments, of which the local losses (inorm.hpp,
// inorm_subtractive.hpp) and the measures `mean` and `variance` are made, and the distance to layer normalization. Only
// used once per epoch and by traces, so the code favours clarity over speed and computes in double.

#pragma once

#include <functional>

#include "base/matrix.hpp"

namespace chandelier {

/// mean_B f(mean_j a, var_j a), with moments over the units of each sample; a is [n x B].
double mean_over_batch(ConstMatrixView a, const std::function<double(double mean, double variance)>& f);

/// Mean over units and batch of (z - LN(e))^2, where LN(e) = (e - mean_j e) / sqrt(var_j e + tau).
double distance_to_layer_norm(ConstMatrixView z, ConstMatrixView e);

/// Mean over units and batch of (z - (e - mean_j e))^2.
double distance_to_centred(ConstMatrixView z, ConstMatrixView e);

}  // namespace chandelier

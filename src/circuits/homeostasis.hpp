// How far inhibition is from its homeostatic aim: what the local losses and the distance to layer normalization
// measure. Used once an epoch and by traces, so it is written for the eye, in double.

#pragma once

#include <functional>

#include "base/matrix.hpp"

namespace chandelier {

/// mean_B f(mean_j a, var_j a), the moments taken over the units of each sample; a is [n x B].
double mean_over_batch(ConstMatrixView a, const std::function<double(double mean, double variance)>& f);

/// Mean over units and batch of (z - LN(e))^2, LN(e) = (e - mean_j e) / sqrt(var_j e + tau).
double distance_to_layer_norm(ConstMatrixView z, ConstMatrixView e);

/// Mean over units and batch of (z - (e - mean_j e))^2.
double distance_to_centred(ConstMatrixView z, ConstMatrixView e);

}  // namespace chandelier

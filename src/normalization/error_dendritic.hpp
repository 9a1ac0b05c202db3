// Error interneurons that learn to inhibit the dendrites at which errors arrive.
// Not in the paper; see docs/notation.md, section 5.
//
//   dendritic         r = g Ue^T                             Ue >= 0 [e x n], fixed, each row sums to 1
//                     N(g) = g - r Ve^T                      Ve >= 0 [n x e], learned, starts at 0
//                     Ve <- max(0, Ve + lr_error (N(g)^T r)/(B rho))       rho: running mean of mean_B sum_e r^2
//   dendritic-burst   q = mean_j (h_j g_j)                   one more interneuron, driven by activity times error
//                     N(g) = g - r Ve^T - (v o h) q          v >= 0, learned, starts at 0; stored as `burst`
//                     v <- max(0, v + lr_error mean_B(N(g) o h q)/kappa)   kappa: running mean of mean_B q^2
//
// g [B x n], r [B x e], q [B], v [n]. A running mean is .99 of itself and .01 of this batch, and begins with its first
// batch; while it is 0 nothing learns. The matrix products are fp32 in every precision.
//
// r and q are signed: a real interneuron would need a baseline rate, or a pair of ON and OFF cells.

#pragma once

#include <cstdint>
#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Learns to remove from the error what its interneurons read of it.
/// @param n  units of the layer
/// @param interneurons  their number e; with one, Ue = 1/n; with more, the rows of Ue are lognormal
/// @param capacity  largest batch size
/// @param layer  number of the layer, from the lowest; keys the draws of Ue, with the seed
std::unique_ptr<ErrorNormalization> error_dendritic(Index n, Index interneurons, Index capacity, std::uint64_t seed,
                                                    std::uint32_t layer);

/// The same with a burst interneuron, which removes the part of the error along the activity.
std::unique_ptr<ErrorNormalization> error_dendritic_burst(Index n, Index interneurons, Index capacity,
                                                          std::uint64_t seed, std::uint32_t layer);

}  // namespace chandelier

// Error interneurons that learn to inhibit the dendrites where errors arrive (ours; science: section 11).
//
//   dendritic         r = g Ue^T                             Ue >= 0, fixed, each row sums to 1
//                     N(g) = g - r Ve^T                      Ve >= 0, learned, starts at 0
//                     Ve <- max(0, Ve + lr_error (N(g)^T r)/(B rho))       rho: running mean of mean_B sum_e r^2
//   dendritic-burst   q = mean_j (h_j g_j)                   one more interneuron, driven by activity times error
//                     N(g) = g - r Ve^T - (v o h) q          v >= 0, learned, starts at 0; stored as `burst`
//                     v <- max(0, v + lr_error mean_B(N(g) o h q)/kappa)   kappa: running mean of mean_B q^2
//
// r and q are signed: a real interneuron would need a baseline rate, or a pair of ON and OFF cells.

#pragma once

#include <cstdint>
#include <memory>

#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Learns to take out of the error what its interneurons see of it.
/// @param n units of the layer  @param interneurons e of them; with one, Ue = 1/n, with more its rows are lognormal
/// @param layer its number from below, which with the seed keys Ue  @param capacity the largest batch
std::unique_ptr<ErrorNormalization> error_dendritic(Index n, Index interneurons, Index capacity, std::uint64_t seed,
                                                    std::uint32_t layer);

/// The same with the interneuron that bursts drive, which takes out what is along the activity.
std::unique_ptr<ErrorNormalization> error_dendritic_burst(Index n, Index interneurons, Index capacity,
                                                          std::uint64_t seed, std::uint32_t layer);

}  // namespace chandelier

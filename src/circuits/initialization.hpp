// Initial weights (docs/notation.md, section 3). Every draw is keyed by (seed, layer, unit), so the same seed gives the
// same initial excitatory weights in every circuit.

#pragma once

#include <cstdint>

#include "circuits/circuit.hpp"

namespace chandelier {

enum class ExcitatoryDistribution {
  lognormal,    ///< mean s and standard deviation s, s = sqrt(2 n / (k (n-1)))
  exponential,  ///< scale s
};

/// m = max(1, floor(fraction n)) inhibitory units for n excitatory ones.
Index inhibitory_units(Index n, double fraction);

/// Sets the initial weights of a circuit with n >= 2.
///
/// Wex and Wei are drawn from the distribution, then each row of Wei is divided by its sum. Every row of Wix is the
/// mean row of Wex. Bix = diag(S) V^T, from the thin SVD Wex - Wei Wix = U diag(S) V^T. So initially Wei Wix x is the
/// mean excitatory drive, and |Bix x|^2 / n the second moment of the centred drive.
/// @param layer  number of the layer, from the lowest
void initialize(Circuit& circuit, ExcitatoryDistribution distribution, std::uint64_t seed, std::uint32_t layer);

/// F [n x k], an independent draw of the weights that initially carry errors from n units to k: like Wex or, if
/// `centred`, like Wex minus the mean of its rows.
/// @param layer  number of the layer with which F is stored
Matrix feedback_weights(Index n, Index k, bool centred, ExcitatoryDistribution distribution, std::uint64_t seed,
                        std::uint32_t layer);

}  // namespace chandelier

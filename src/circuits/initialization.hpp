// The weights a network starts with (science: section 3, Initialization). Every draw is keyed by (seed, layer, unit),
// so the same seed gives the same excitatory weights whatever the circuit.

#pragma once

#include <cstdint>

#include "circuits/circuit.hpp"

namespace chandelier {

enum class ExcitatoryDistribution {
  lognormal,    ///< mean s and standard deviation s, s = sqrt(2 n / (k (n-1)))
  exponential,  ///< scale s
};

/// m = max(1, floor(fraction n)) inhibitory units beside n excitatory ones.
Index inhibitory_units(Index n, double fraction);

/// Sets a circuit's weights: Wex (and Wei, then each row divided by its sum) from the distribution; every row of Wix
/// the mean row of Wex; and, with the thin SVD Wex - Wei Wix = U diag(S) V^T, Bix = diag(S) V^T. So at the start
/// Wei Wix x is the mean excitatory drive, and |Bix x|^2 / n the second moment of the centred drive.
/// @param layer number of the layer from below; needs n >= 2.
void initialize(Circuit& circuit, ExcitatoryDistribution distribution, std::uint64_t seed, std::uint32_t layer);

/// F [n x k], an independent draw of what carries errors from n units to k at the start: like Wex, or `centred`, minus
/// the mean of its rows. @param layer number of the layer with which F is stored
Matrix feedback_weights(Index n, Index k, bool centred, ExcitatoryDistribution distribution, std::uint64_t seed,
                        std::uint32_t layer);

}  // namespace chandelier

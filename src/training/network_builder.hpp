// Builds a network from settings, with initial or with given weights.

#pragma once

#include <string>

#include "base/safetensors.hpp"
#include "learning/network.hpp"
#include "learning/optimizer.hpp"
#include "training/settings.hpp"

namespace chandelier {

Precision precision_of(const Settings& settings);

/// A network of the sizes in the settings; all weights are 0 except those of error normalizations.
Network blank_network(const Settings& settings, Index inputs, Index capacity);

/// A network with its initial weights. @param inputs  pixels of an image  @param capacity  the largest batch
Network initial_network(const Settings& settings, Index inputs, Index capacity);

/// A network of the same sizes as another, whatever `width` and `inhibitory_fraction` say; all weights are 0.
Network network_shaped_like(const Network& other, const Settings& settings, Index capacity);

/// The number of hidden layers whose weights are in a file.
int hidden_layers_in(const TensorFile& weights);

/// A network with the weights of a file. Its sizes come from the tensors, not from settings.width and other settings.
/// If the file has metadata, they must agree with the settings.
/// @throws DataError naming `origin` and what is wrong.
Network network_from(const Settings& settings, const TensorFile& weights, const std::string& origin, Index capacity);

/// The weights, with the metadata of a weight file.
TensorFile weights_of(const Network& network, const Settings& settings);

/// The optimizer chosen by the settings; the network must outlive it.
Optimizer optimizer_of(Network& network, const Settings& settings);

}  // namespace chandelier

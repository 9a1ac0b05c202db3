// From settings to a network: with the weights it starts with, or with given ones.

#pragma once

#include <string>

#include "base/safetensors.hpp"
#include "learning/network.hpp"
#include "learning/optimizer.hpp"
#include "training/settings.hpp"

namespace chandelier {

Precision precision_of(const Settings& settings);

/// A network of the sizes that the settings say; all weights are 0 but those of error normalizations.
Network blank_network(const Settings& settings, Index inputs, Index capacity);

/// A network at its initialization. @param inputs pixels of an image  @param capacity the largest batch
Network initial_network(const Settings& settings, Index inputs, Index capacity);

/// A network of the sizes of another, `width` and `inhibitory_fraction` not mattering; all weights are 0.
Network network_shaped_like(const Network& other, const Settings& settings, Index capacity);

/// How many hidden layers a file holds weights of.
int hidden_layers_in(const TensorFile& weights);

/// A network with the weights of a file; its sizes are read off the tensors, and settings.width and the rest of its
/// shape do not matter. The file's metadata, where there is some, must agree with the settings.
/// @throws DataError naming `origin` and what is wrong.
Network network_from(const Settings& settings, const TensorFile& weights, const std::string& origin, Index capacity);

/// The weights with the metadata that weight files carry.
TensorFile weights_of(const Network& network, const Settings& settings);

/// The optimizer that the settings ask for; the network must outlive it.
Optimizer optimizer_of(Network& network, const Settings& settings);

}  // namespace chandelier

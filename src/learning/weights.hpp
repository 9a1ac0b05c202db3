// Weights of a network as tensors named `<layer>.<parameter>`, and copying them between networks.

#pragma once

#include <string>

#include "base/safetensors.hpp"
#include "learning/network.hpp"

namespace chandelier {

void put_weights(const Network& network, TensorFile& file);

/// Sets all weights of the network from a file.
/// @throws DataError naming `origin`, the tensor and what is wrong: missing, shape, non-finite, negative weight
void take_weights(Network& network, const TensorFile& file, const std::string& origin);

// Running means of the owners of parameters, as tensors of a checkpoint named `<layer>.<name>`.
void put_running_means(const Network& network, TensorFile& file);
/// @throws DataError naming `origin` if one is missing or is not a single number of at least 0
void take_running_means(Network& network, const TensorFile& file, const std::string& origin);

/// Copies every parameter of `to` from the one of the same name in `from`. @throws Bug if there is none
void copy_weights(const Network& from, Network& to);

bool all_finite(const Network& network);

}  // namespace chandelier

// A network's weights as tensors, `<layer>.<parameter>`, and from one network to another.

#pragma once

#include <string>

#include "base/safetensors.hpp"
#include "learning/network.hpp"

namespace chandelier {

void put_weights(const Network& network, TensorFile& file);

/// Takes every weight of the network from the file.
/// @throws DataError naming `origin`, the tensor and what is wrong: missing, shape, non-finite, negative under Dale's
/// law.
void take_weights(Network& network, const TensorFile& file, const std::string& origin);

// Running means of the network's owners, as tensors of a checkpoint, `<layer>.<name>`.
void put_running_means(const Network& network, TensorFile& file);
/// @throws DataError naming `origin` when one is missing, or is no single number of at least 0.
void take_running_means(Network& network, const TensorFile& file, const std::string& origin);

/// Gives every parameter of `to` the value of the one of that name in `from`. @throws Bug where there is none
void copy_weights(const Network& from, Network& to);

bool all_finite(const Network& network);

}  // namespace chandelier

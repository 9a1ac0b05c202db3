// A network's weights as tensors: `<layer>.<parameter>`, and `<layer>.lateral` where the error normalization has them.

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

}  // namespace chandelier

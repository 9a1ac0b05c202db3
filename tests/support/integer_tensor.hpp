// Integers as a tensor, for the labels of batches, which Chandelier reads but never writes.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "base/safetensors.hpp"

namespace chandelier {

inline Tensor integer_tensor(const std::vector<std::int64_t>& values) {
  Tensor tensor{TensorType::I64, {static_cast<std::int64_t>(values.size())}, {}};
  tensor.bytes.resize(values.size() * sizeof(std::int64_t));
  if (!values.empty()) std::memcpy(tensor.bytes.data(), values.data(), tensor.bytes.size());
  return tensor;
}

}  // namespace chandelier

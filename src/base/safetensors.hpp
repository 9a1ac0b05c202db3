// Tensors in files: the safetensors format (8-byte little-endian header length, JSON header, raw little-endian data).
// Nothing in such a file is trusted: sizes, offsets, types and nesting are checked before memory is taken.

#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "base/matrix.hpp"

namespace chandelier {

enum class TensorType { F32, F64, I64, U8 };

/// One named array, row-major, raw little-endian.
struct Tensor {
  TensorType type = TensorType::F32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;

  std::int64_t count() const;  ///< number of elements
};

/// A tensor file in memory. std::map keeps names sorted, so equal contents give equal bytes.
struct TensorFile {
  std::map<std::string, std::string> metadata;
  std::map<std::string, Tensor> tensors;

  // Values in. Matrices are stored as F32 (the format of all weights), whatever Real is.
  void put(const std::string& name, ConstMatrixView matrix);
  void put(const std::string& name, ConstVectorView vector);
  void put_scalar(const std::string& name, double value);  ///< F32 of shape [1]
  void put_u8(const std::string& name, const std::vector<std::uint8_t>& values);
};

/// @throws DataError naming the file and what is wrong with it; ReadError where it cannot be read.
TensorFile read_tensors(const std::filesystem::path& path);
void write_tensors(const std::filesystem::path& path, const TensorFile& file);

/// Readers of one tensor; `origin` (a file name) goes into the message.
/// @throws DataError naming origin, tensor, and what was expected and found (missing, type, shape, non-finite value).
Matrix matrix_from(const TensorFile& file, const std::string& name, const std::string& origin);
Vector vector_from(const TensorFile& file, const std::string& name, const std::string& origin);
std::vector<std::int64_t> integers_from(const TensorFile& file, const std::string& name, const std::string& origin);

}  // namespace chandelier

// Tensors in files: the safetensors format (8-byte little-endian header length, JSON header, raw little-endian data).
//
// Files are not trusted: the size and nesting of the header, and all types, shapes and offsets are checked before
// memory is allocated for a tensor. Headers of more than 1 MiB (about 12,000 tensors) are refused.

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

/// One array: row-major, little-endian.
struct Tensor {
  TensorType type = TensorType::F32;
  std::vector<std::int64_t> shape;
  std::vector<std::byte> bytes;

  std::int64_t count() const;  ///< number of elements
};

/// A tensor file in memory. The maps are sorted by name, so equal contents give equal files, byte for byte.
struct TensorFile {
  std::map<std::string, std::string> metadata;
  std::map<std::string, Tensor> tensors;

  // Add tensors. Matrices and vectors are stored as F32, the format of all weights, whatever Real is.
  void put(const std::string& name, ConstMatrixView matrix);
  void put(const std::string& name, ConstVectorView vector);
  void put_scalar(const std::string& name, double value);  ///< F32 of shape [1]
  void put_u8(const std::string& name, const std::vector<std::uint8_t>& values);
};

/// @throws DataError naming the file and what is wrong with it, ReadError if it cannot be read
TensorFile read_tensors(const std::filesystem::path& path);
/// @throws DataError if the file cannot be written, or would have a header that `read_tensors` refuses
void write_tensors(const std::filesystem::path& path, const TensorFile& file);

/// Read one tensor. `origin`, the name of the file, is for error messages.
/// @throws DataError naming origin, tensor, and what was found and expected (missing, type, shape, non-finite value)
Matrix matrix_from(const TensorFile& file, const std::string& name, const std::string& origin);
Vector vector_from(const TensorFile& file, const std::string& name, const std::string& origin);
std::vector<std::int64_t> integers_from(const TensorFile& file, const std::string& name, const std::string& origin);

}  // namespace chandelier

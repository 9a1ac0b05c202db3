// IDX files, the format of MNIST and FashionMNIST: a magic number and the sizes, big-endian, then one byte per value.
// Whether a file is gzipped is detected from its contents, not its name.

#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "base/matrix.hpp"

namespace chandelier {

/// Grey images of one IDX file (magic 0x00000803).
struct IdxImages {
  Index count = 0, rows = 0, columns = 0;
  std::vector<std::uint8_t> pixels;  ///< [count x rows x columns], 0 is black
  std::string sha256;                ///< of the decompressed file, lower-case hexadecimal
};

/// Labels of one IDX file (magic 0x00000801).
struct IdxLabels {
  std::vector<std::uint8_t> labels;
  std::string sha256;  ///< of the decompressed file, lower-case hexadecimal
};

/// @throws DataError naming the file and what is wrong: missing, wrong magic number, empty, larger than 1 GB,
///   truncated, bytes left over, damaged gzip stream
IdxImages read_idx_images(const std::filesystem::path& path);
IdxLabels read_idx_labels(const std::filesystem::path& path);

/// SHA-256 of the IDX file with these values: images [count x rows x columns], or labels [count].
std::string sha256_of_images(Index count, Index rows, Index columns, std::span<const std::uint8_t> pixels);
std::string sha256_of_labels(std::span<const std::uint8_t> labels);

}  // namespace chandelier

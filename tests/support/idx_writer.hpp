// Small data sets for tests: folders of IDX files, plain or gzipped.

#pragma once

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace chandelier {

inline std::string big_endian(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16 & 255), static_cast<char>(value >> 8 & 255),
          static_cast<char>(value & 255)};
}

/// The bytes of an IDX file of images, [count x rows x columns].
inline std::string idx_images(std::uint32_t count, std::uint32_t rows, std::uint32_t columns,
                              const std::vector<std::uint8_t>& pixels) {
  return big_endian(0x803) + big_endian(count) + big_endian(rows) + big_endian(columns) +
         std::string(pixels.begin(), pixels.end());
}

/// The bytes of an IDX file of labels.
inline std::string idx_labels(const std::vector<std::uint8_t>& labels) {
  return big_endian(0x801) + big_endian(static_cast<std::uint32_t>(labels.size())) +
         std::string(labels.begin(), labels.end());
}

inline void write_plain(const std::filesystem::path& path, const std::string& bytes) {
  std::ofstream stream(path, std::ios::binary);
  stream << bytes;
  if (!stream.flush()) throw std::runtime_error("cannot write " + path.string());
}

inline void write_gzip(const std::filesystem::path& path, const std::string& bytes) {
  gzFile file = gzopen(path.c_str(), "wb6");
  const auto size = static_cast<unsigned int>(bytes.size());
  const bool written = file && (size == 0 || gzwrite(file, bytes.data(), size) == static_cast<int>(size));
  if (gzclose(file) != Z_OK || !written) throw std::runtime_error("cannot write " + path.string());
}

/// Sizes of a synthetic data set.
struct SmallSet {
  std::uint32_t train = 60, test = 30, rows = 6, columns = 5, classes = 10;
  bool gzip = false;
};

/// Synthetic images that a small network can learn: a pattern for each class, plus noise in each image.
inline std::vector<std::uint8_t> small_pixels(std::uint32_t count, const SmallSet& set, std::uint32_t seed) {
  std::mt19937 patterns(1), noise(seed);
  std::vector<std::uint8_t> pattern(set.classes * set.rows * set.columns);
  for (std::uint8_t& pixel : pattern) pixel = patterns() % 3 == 0 ? 180 : 0;
  std::vector<std::uint8_t> pixels;
  for (std::uint32_t image = 0; image < count; ++image) {
    for (std::uint32_t pixel = 0; pixel < set.rows * set.columns; ++pixel) {
      const std::uint8_t clean = pattern[image % set.classes * set.rows * set.columns + pixel];
      pixels.push_back(static_cast<std::uint8_t>(clean + noise() % 76));
    }
  }
  return pixels;
}

/// Labels 0, 1, ..., classes - 1, 0, 1, ...
inline std::vector<std::uint8_t> small_labels(std::uint32_t count, const SmallSet& set) {
  std::vector<std::uint8_t> labels(count);
  for (std::uint32_t i = 0; i < count; ++i) labels[i] = static_cast<std::uint8_t>(i % set.classes);
  return labels;
}

/// Writes the four files of a data set to an existing folder.
inline void write_idx_folder(const std::filesystem::path& folder, const SmallSet& set = {}) {
  const auto write = [&](const std::string& name, const std::string& bytes) {
    set.gzip ? write_gzip(folder / (name + ".gz"), bytes) : write_plain(folder / name, bytes);
  };
  write("train-images-idx3-ubyte", idx_images(set.train, set.rows, set.columns, small_pixels(set.train, set, 2)));
  write("train-labels-idx1-ubyte", idx_labels(small_labels(set.train, set)));
  write("t10k-images-idx3-ubyte", idx_images(set.test, set.rows, set.columns, small_pixels(set.test, set, 3)));
  write("t10k-labels-idx1-ubyte", idx_labels(small_labels(set.test, set)));
}

}  // namespace chandelier

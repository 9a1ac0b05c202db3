// A data set: a training set and a test set of labelled grey images, 8 bits per pixel, kept in memory once.

#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/matrix.hpp"

namespace chandelier {

/// Labelled grey images.
struct ImageSet {
  Index count = 0, rows = 0, columns = 0;
  std::vector<std::uint8_t> pixels;          ///< [count x rows x columns], 0 is black
  std::vector<std::uint8_t> labels;          ///< [count]
  std::string images_sha256, labels_sha256;  ///< of the decompressed files, lower-case hexadecimal

  Index pixels_per_image() const { return rows * columns; }
};

struct Dataset {
  std::string name;    ///< FashionMNIST or MNIST if all four hashes match, otherwise the name of the folder
  bool known = false;  ///< all four files match a known set
  std::filesystem::path folder;
  ImageSet train, test;
  int classes = 0;
  std::vector<std::string> notes;  ///< notes for the user on problems with these files
};

/// Loads the four IDX files of a folder: train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and
/// t10k-labels-idx1-ubyte, or train-images.idx3-ubyte and so on, each plain or gzipped (.gz).
/// @param folder  a folder, or the word for a known set (fashion-mnist, mnist) that is searched in the usual places.
///   If empty, the environment variable CHANDELIER_DATA is used instead, and fashion-mnist if that is not set.
/// @param classes  labels are 0 ... classes - 1
/// @throws DataError if nothing is found (the message says how to get the data), a file is damaged, the files do not
///   fit together, a label is too large, or only some files match a known set
std::shared_ptr<const Dataset> load_dataset(const std::string& folder, int classes);

/// Whether `folder` is the word for a known set, and no folder of that name exists.
bool is_known_set(const std::string& folder);

/// A known set, FashionMNIST or MNIST, from the first of these folders that contains all four files.
/// @throws DataError if there is none, or if the hashes of the files are not those of the set
std::shared_ptr<const Dataset> find_known_set(std::string_view name, std::span<const std::filesystem::path> places,
                                              int classes);

/// A data set from images in memory. Its hashes are those of equal IDX files, so that a run recognizes its data.
/// @param name  used unless all images and labels are those of a known set
std::shared_ptr<const Dataset> dataset_of(const std::string& name, ImageSet train, ImageSet test, int classes);

}  // namespace chandelier

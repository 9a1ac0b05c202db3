// A data set: a training set and a test set of labelled grey images, held once, 8 bits a pixel.

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
  std::string name;    ///< FashionMNIST or MNIST when all four files match by hash, else the name of the folder
  bool known = false;  ///< all four files match a known set
  std::filesystem::path folder;
  ImageSet train, test;
  int classes = 0;
  std::vector<std::string> notes;  ///< sentences on what the user may not know of these files
};

/// Loads the four IDX files of a folder (train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte,
/// t10k-labels-idx1-ubyte; also train-images.idx3-ubyte and so on; gzipped as .gz or not).
/// @param folder  or the word for a known set, fashion-mnist or mnist, which is looked for in its usual places; empty:
///   what the environment variable CHANDELIER_DATA names, else fashion-mnist
/// @param classes  labels are 0 ... classes - 1
/// @throws DataError when nothing is found (the sentence says how to get it), a file is damaged, images and labels
///   or train and test do not fit together, a label is too large, or only some files match a known set.
std::shared_ptr<const Dataset> load_dataset(const std::string& folder, int classes);

/// Whether `folder` is the word for a known set, and not the name of a folder that exists.
bool is_known_set(const std::string& folder);

/// A known set, FashionMNIST or MNIST, from the first of these folders that holds four such files.
/// @throws DataError when none does, or when the files found are not this set by hash.
std::shared_ptr<const Dataset> find_known_set(std::string_view name, std::span<const std::filesystem::path> places,
                                              int classes);

/// A data set of images in memory. Hashes are those of the IDX files that would hold them, so that a run knows its
/// data again; a known set gets its own name.
/// @param name  of a set that is not known
std::shared_ptr<const Dataset> dataset_of(const std::string& name, ImageSet train, ImageSet test, int classes);

}  // namespace chandelier

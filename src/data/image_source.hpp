// Sources of batches: labelled images with pixels in [0, 1]. Luminosity is a decorator of a source (luminosity/).

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/matrix.hpp"

namespace chandelier {

/// Labelled images of one step, [batch x pixels]. An ImageSource fills it. The memory is reused from step to step.
class Batch {
 public:
  Batch(Index capacity, Index pixels) : images_(capacity, pixels), labels_(static_cast<std::size_t>(capacity)) {}

  Index size() const { return size_; }
  Index capacity() const { return images_.rows(); }
  /// Sets the number of images, at most the capacity.
  void resize(Index size);

  MatrixView images() { return {images_.data(), size_, images_.cols()}; }
  ConstMatrixView images() const { return {images_.data(), size_, images_.cols()}; }
  std::span<std::uint8_t> labels() { return {labels_.data(), static_cast<std::size_t>(size_)}; }
  std::span<const std::uint8_t> labels() const { return {labels_.data(), static_cast<std::size_t>(size_)}; }

 private:
  Matrix images_;
  std::vector<std::uint8_t> labels_;
  Index size_ = 0;
};

/// A numbered collection of labelled images.
class ImageSource {
 public:
  virtual ~ImageSource() = default;

  virtual Index size() const = 0;  ///< number of images
  virtual Index rows() const = 0;  ///< of an image, in pixels
  virtual Index columns() const = 0;
  Index pixels() const { return rows() * columns(); }  ///< of an image
  /// Fills `batch` with the images of these numbers (0 ... size - 1), as they appear in this epoch.
  virtual void read(std::span<const std::uint32_t> which, std::uint32_t epoch, Batch& batch) const = 0;
};

}  // namespace chandelier

// A range of stored images as an image source: the training set, its validation part, or the test set.

#pragma once

#include <memory>

#include "data/dataset.hpp"
#include "data/image_source.hpp"

namespace chandelier {

/// Images first ... first + count - 1 of an image set. Pixels are divided by 255: 0 gives 0, and 255 gives exactly 1.
/// They are the same in every epoch.
class StoredImages : public ImageSource {
 public:
  /// The whole set, or a range of it. The pointer keeps the images alive.
  explicit StoredImages(const std::shared_ptr<const ImageSet>& images);
  StoredImages(std::shared_ptr<const ImageSet> images, Index first, Index count);

  Index size() const override { return count_; }
  Index rows() const override { return images_->rows; }
  Index columns() const override { return images_->columns; }
  void read(std::span<const std::uint32_t> which, std::uint32_t epoch, Batch& batch) const override;

 private:
  std::shared_ptr<const ImageSet> images_;
  Index first_, count_;
};

/// The training set and the test set of a data set; they share its memory.
std::shared_ptr<const ImageSet> train_of(std::shared_ptr<const Dataset> dataset);
std::shared_ptr<const ImageSet> test_of(std::shared_ptr<const Dataset> dataset);

}  // namespace chandelier

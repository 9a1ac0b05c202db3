#include "data/stored_images.hpp"

#include <fmt/format.h>

#include <utility>

#include "base/error.hpp"
#include "kernels/multiversion.hpp"

namespace chandelier {
namespace {

// A division, not a product with 1/255: it alone is exact at 255 and correctly rounded in between.
CHANDELIER_HOT void scale_pixels(const std::uint8_t* stored, Real* pixels, Index count) {
  CHANDELIER_INDEPENDENT
  for (Index i = 0; i < count; ++i) pixels[i] = static_cast<Real>(stored[i]) / Real{255};
}

}  // namespace

StoredImages::StoredImages(std::shared_ptr<const ImageSet> images, Index first, Index count)
    : images_(std::move(images)), first_(first), count_(count) {
  if (first < 0 || count < 0 || first > images_->count - count) {
    throw Bug(fmt::format("images {} to {} of {}", first, first + count - 1, images_->count));
  }
}

StoredImages::StoredImages(const std::shared_ptr<const ImageSet>& images) : StoredImages(images, 0, images->count) {}

void StoredImages::read(std::span<const std::uint32_t> which, std::uint32_t /*epoch*/, Batch& batch) const {
  const Index size = pixels();
  batch.resize(static_cast<Index>(which.size()));
  MatrixView images = batch.images();
  if (images.cols() != size) throw Bug(fmt::format("a batch of {} pixels for images of {}", images.cols(), size));
  for (std::size_t i = 0; i < which.size(); ++i) {
    if (which[i] >= count_) throw Bug(fmt::format("image {} of {}", which[i], count_));
    const Index stored = first_ + which[i];
    scale_pixels(images_->pixels.data() + stored * size, images.row(static_cast<Index>(i)).data(), size);
    batch.labels()[i] = images_->labels[static_cast<std::size_t>(stored)];
  }
}

std::shared_ptr<const ImageSet> train_of(std::shared_ptr<const Dataset> dataset) {
  const ImageSet* train = &dataset->train;
  return {std::move(dataset), train};
}
std::shared_ptr<const ImageSet> test_of(std::shared_ptr<const Dataset> dataset) {
  const ImageSet* test = &dataset->test;
  return {std::move(dataset), test};
}

}  // namespace chandelier

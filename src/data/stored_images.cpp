#include "data/stored_images.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "kernels/multiversion.hpp"

namespace chandelier {
namespace {

// Multiplying in double gives the float nearest to stored/255, as a division would, but is several times faster.
CHANDELIER_HOT void scale_pixels(const std::uint8_t* stored, Real* pixels, Index count) {
  CHANDELIER_INDEPENDENT
  for (Index i = 0; i < count; ++i) pixels[i] = static_cast<Real>(stored[i] * (1.0 / 255));
}

/// Prefetches an image that is needed soon: shuffled images are scattered in memory.
void prefetch(const std::uint8_t* stored, Index count) {
  constexpr Index kCacheLine = 64;
  for (Index i = 0; i < count; i += kCacheLine) __builtin_prefetch(stored + i);
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
  const auto stored = [&](std::size_t i) {
    if (which[i] >= count_) throw Bug(fmt::format("image {} of {}", which[i], count_));
    return first_ + which[i];
  };
  constexpr std::size_t kAhead = 4;
  for (std::size_t i = 0; i < std::min(kAhead, which.size()); ++i)
    prefetch(images_->pixels.data() + stored(i) * size, size);
  for (std::size_t i = 0; i < which.size(); ++i) {
    if (i + kAhead < which.size()) prefetch(images_->pixels.data() + stored(i + kAhead) * size, size);
    scale_pixels(images_->pixels.data() + stored(i) * size, images.row(static_cast<Index>(i)).data(), size);
    batch.labels()[i] = images_->labels[static_cast<std::size_t>(stored(i))];
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

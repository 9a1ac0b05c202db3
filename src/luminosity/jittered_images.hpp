// Images under variable luminosity: a decorator of any source of images.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/random.hpp"
#include "data/image_source.hpp"
#include "luminosity/luminosity.hpp"

namespace chandelier {

/// The images of another source, each under a luminosity drawn anew every epoch. The draw of an image depends on
/// (seed, purpose, epoch, number of the image) and, in a stream, on the order of the epoch, never on the batch it comes
/// in.
class JitteredImages : public ImageSource {
 public:
  JitteredImages(std::shared_ptr<const ImageSource> source, std::shared_ptr<const Luminosity> luminosity,
                 std::uint64_t seed, Purpose purpose);

  Index size() const override { return source_->size(); }
  Index rows() const override { return source_->rows(); }
  Index columns() const override { return source_->columns(); }
  /// Says in which order this epoch visits the images: in a stream, the value of each depends on the one before.
  /// Without it no image has one before it.
  void follow(std::span<const std::uint32_t> order, std::uint32_t epoch);
  void read(std::span<const std::uint32_t> which, std::uint32_t epoch, Batch& batch) const override;

  /// The value (d, g or c of the model) that image `which` is drawn with in this epoch.
  Real value(std::uint32_t which, std::uint32_t epoch) const;

 private:
  Scene scene_of(std::uint32_t which) const;

  std::shared_ptr<const ImageSource> source_;
  std::shared_ptr<const Luminosity> luminosity_;
  std::uint64_t seed_;
  Purpose purpose_;
  std::vector<std::optional<Real>> before_;  ///< of each image the value before it; empty where there is no stream
};

}  // namespace chandelier

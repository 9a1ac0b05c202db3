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

/// The images of another source, with a new luminosity draw for each image in every epoch. The draw depends on (seed,
/// purpose, epoch, number of the image) and, in a stream, on the order of the epoch. It never depends on the batch.
class JitteredImages : public ImageSource {
 public:
  JitteredImages(std::shared_ptr<const ImageSource> source, std::shared_ptr<const Luminosity> luminosity,
                 std::uint64_t seed, Purpose purpose);

  Index size() const override { return source_->size(); }
  Index rows() const override { return source_->rows(); }
  Index columns() const override { return source_->columns(); }
  /// Sets the order in which this epoch visits the images. In a stream, the value of each image depends on that of the
  /// previous one. Without this call, no image has a previous one.
  void follow(std::span<const std::uint32_t> order, std::uint32_t epoch);
  void read(std::span<const std::uint32_t> which, std::uint32_t epoch, Batch& batch) const override;

  /// The recorded value (d, g, c, a0 or a_t of the model) of image `which` in this epoch.
  Real value(std::uint32_t which, std::uint32_t epoch) const;

 private:
  Scene scene_of(std::uint32_t which) const;

  std::shared_ptr<const ImageSource> source_;
  std::shared_ptr<const Luminosity> luminosity_;
  std::uint64_t seed_;
  Purpose purpose_;
  std::vector<std::optional<Real>> before_;  ///< value of the previous image, for each image; empty without a stream
};

}  // namespace chandelier

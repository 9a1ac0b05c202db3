// Images under variable luminosity: a decorator of any source of images.

#pragma once

#include <cstdint>
#include <memory>

#include "base/random.hpp"
#include "data/image_source.hpp"
#include "luminosity/luminosity.hpp"

namespace chandelier {

/// The images of another source, each under a luminosity drawn anew every epoch. The draw of an image depends on
/// (seed, purpose, epoch, number of the image) alone, never on the batch it comes in.
class JitteredImages : public ImageSource {
 public:
  JitteredImages(std::shared_ptr<const ImageSource> source, std::shared_ptr<const Luminosity> luminosity,
                 std::uint64_t seed, Purpose purpose);

  Index size() const override { return source_->size(); }
  Index pixels() const override { return source_->pixels(); }
  void read(std::span<const std::uint32_t> which, std::uint32_t epoch, Batch& batch) const override;

  /// The value (d, g or c of the model) that image `which` is drawn with in this epoch.
  Real value(std::uint32_t which, std::uint32_t epoch) const;

 private:
  std::shared_ptr<const ImageSource> source_;
  std::shared_ptr<const Luminosity> luminosity_;
  std::uint64_t seed_;
  Purpose purpose_;
};

}  // namespace chandelier

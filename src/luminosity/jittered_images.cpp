#include "luminosity/jittered_images.hpp"

#include <utility>

namespace chandelier {

JitteredImages::JitteredImages(std::shared_ptr<const ImageSource> source, std::shared_ptr<const Luminosity> luminosity,
                               std::uint64_t seed, Purpose purpose)
    : source_(std::move(source)), luminosity_(std::move(luminosity)), seed_(seed), purpose_(purpose) {}

void JitteredImages::follow(std::span<const std::uint32_t> order, std::uint32_t epoch) {
  if (!luminosity_->is_stream()) return;
  before_.assign(static_cast<std::size_t>(size()), std::nullopt);
  std::optional<Real> last;
  for (const std::uint32_t which : order) {
    before_[which] = last;
    last = value(which, epoch);
  }
}

void JitteredImages::read(std::span<const std::uint32_t> which, std::uint32_t epoch, Batch& batch) const {
  source_->read(which, epoch, batch);
  MatrixView images = batch.images();
  for (std::size_t i = 0; i < which.size(); ++i) {
    KeyedRandom random(seed_, purpose_, epoch, which[i]);
    Real* pixels = images.row(static_cast<Index>(i)).data();
    luminosity_->apply(random, scene_of(which[i]), {pixels, static_cast<std::size_t>(images.cols())});
  }
}

Real JitteredImages::value(std::uint32_t which, std::uint32_t epoch) const {
  KeyedRandom random(seed_, purpose_, epoch, which);
  return luminosity_->draw(random, scene_of(which));
}

Scene JitteredImages::scene_of(std::uint32_t which) const {
  return {rows(), columns(), before_.empty() ? std::nullopt : before_[which]};
}

}  // namespace chandelier

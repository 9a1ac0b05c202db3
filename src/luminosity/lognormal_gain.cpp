#include "luminosity/lognormal_gain.hpp"

#include <cmath>

#include "luminosity/affine_change.hpp"

namespace chandelier {
namespace {

class LognormalGain final : public Luminosity {
 public:
  explicit LognormalGain(double epsilon) : epsilon_(epsilon) {}

  Real draw(KeyedRandom& random, const Scene& /*scene*/) const override {
    return static_cast<Real>(std::exp(epsilon_ * random.normal()));
  }
  void apply(KeyedRandom& random, const Scene& scene, std::span<Real> pixels) const override {
    affine_change(pixels, draw(random, scene), 0);
  }
  std::optional<ValueRange> range() const override {
    return ValueRange{std::exp(-2 * epsilon_), std::exp(2 * epsilon_)};
  }

 private:
  double epsilon_;
};

}  // namespace

std::unique_ptr<Luminosity> lognormal_gain(double epsilon) { return std::make_unique<LognormalGain>(epsilon); }

}  // namespace chandelier

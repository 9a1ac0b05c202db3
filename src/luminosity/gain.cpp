#include "luminosity/gain.hpp"

#include "luminosity/affine_change.hpp"

namespace chandelier {
namespace {

class Gain final : public Luminosity {
 public:
  explicit Gain(double epsilon) : epsilon_(epsilon) {}

  Real draw(KeyedRandom& random, const Scene& /*scene*/) const override {
    return static_cast<Real>(1.0 + epsilon_ * (2.0 * random.uniform() - 1.0));
  }
  void apply(KeyedRandom& random, const Scene& scene, std::span<Real> pixels) const override {
    affine_change(pixels, draw(random, scene), 0);
  }
  std::optional<ValueRange> range() const override { return ValueRange{1 - epsilon_, 1 + epsilon_}; }

 private:
  double epsilon_;
};

}  // namespace

std::unique_ptr<Luminosity> gain(double epsilon) { return std::make_unique<Gain>(epsilon); }

}  // namespace chandelier

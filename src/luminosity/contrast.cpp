#include "luminosity/contrast.hpp"

#include "luminosity/affine_change.hpp"

namespace chandelier {
namespace {

class Contrast final : public Luminosity {
 public:
  explicit Contrast(double epsilon) : epsilon_(epsilon) {}

  Real draw(KeyedRandom& random, const Scene& /*scene*/) const override {
    return static_cast<Real>(1.0 + epsilon_ * (2.0 * random.uniform() - 1.0));
  }
  void apply(KeyedRandom& random, const Scene& scene, std::span<Real> pixels) const override {
    const Real c = draw(random, scene);
    affine_change(pixels, c, (1 - c) / 2);  // this form of the equation changes no bit if c = 1
  }
  std::optional<ValueRange> range() const override { return ValueRange{1 - epsilon_, 1 + epsilon_}; }

 private:
  double epsilon_;
};

}  // namespace

std::unique_ptr<Luminosity> contrast(double epsilon) { return std::make_unique<Contrast>(epsilon); }

}  // namespace chandelier

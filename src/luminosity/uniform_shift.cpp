#include "luminosity/uniform_shift.hpp"

#include "luminosity/affine_change.hpp"

namespace chandelier {
namespace {

class UniformShift final : public Luminosity {
 public:
  explicit UniformShift(double epsilon) : epsilon_(epsilon) {}

  Real draw(KeyedRandom& random, const Scene& /*scene*/) const override {
    return static_cast<Real>(epsilon_ * (2.0 * random.uniform() - 1.0));
  }
  void apply(KeyedRandom& random, const Scene& scene, std::span<Real> pixels) const override {
    affine_change(pixels, 1, draw(random, scene));
  }
  std::optional<ValueRange> range() const override { return ValueRange{-epsilon_, epsilon_}; }

 private:
  double epsilon_;
};

}  // namespace

std::unique_ptr<Luminosity> uniform_shift(double epsilon) { return std::make_unique<UniformShift>(epsilon); }

}  // namespace chandelier

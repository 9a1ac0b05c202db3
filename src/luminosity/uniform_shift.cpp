#include "luminosity/uniform_shift.hpp"

#include "luminosity/affine_change.hpp"

namespace chandelier {
namespace {

class UniformShift : public Luminosity {
 public:
  explicit UniformShift(double epsilon) : epsilon_(epsilon) {}

  Real apply(KeyedRandom& random, std::span<Real> pixels) const override {
    const auto d = static_cast<Real>(epsilon_ * (2.0 * random.uniform() - 1.0));
    affine_change(pixels, 1, d);
    return d;
  }

 private:
  double epsilon_;
};

}  // namespace

std::unique_ptr<Luminosity> uniform_shift(double epsilon) { return std::make_unique<UniformShift>(epsilon); }

}  // namespace chandelier

#include "luminosity/contrast.hpp"

#include "luminosity/affine_change.hpp"

namespace chandelier {
namespace {

class Contrast : public Luminosity {
 public:
  explicit Contrast(double epsilon) : epsilon_(epsilon) {}

  Real apply(KeyedRandom& random, std::span<Real> pixels) const override {
    const auto c = static_cast<Real>(1.0 + epsilon_ * (2.0 * random.uniform() - 1.0));
    affine_change(pixels, c, (1 - c) / 2);  // this form of the equation leaves every bit alone where c = 1
    return c;
  }

 private:
  double epsilon_;
};

}  // namespace

std::unique_ptr<Luminosity> contrast(double epsilon) { return std::make_unique<Contrast>(epsilon); }

}  // namespace chandelier

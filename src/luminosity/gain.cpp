#include "luminosity/gain.hpp"

#include "luminosity/affine_change.hpp"

namespace chandelier {
namespace {

class Gain : public Luminosity {
 public:
  explicit Gain(double epsilon) : epsilon_(epsilon) {}

  Real apply(KeyedRandom& random, std::span<Real> pixels) const override {
    const auto g = static_cast<Real>(1.0 + epsilon_ * (2.0 * random.uniform() - 1.0));
    affine_change(pixels, g, 0);
    return g;
  }

 private:
  double epsilon_;
};

}  // namespace

std::unique_ptr<Luminosity> gain(double epsilon) { return std::make_unique<Gain>(epsilon); }

}  // namespace chandelier

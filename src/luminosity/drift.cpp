#include "luminosity/drift.hpp"

#include <cmath>

#include "luminosity/affine_change.hpp"

namespace chandelier {
namespace {

class Drift final : public Luminosity {
 public:
  Drift(double epsilon, double rho) : sd_(epsilon / std::sqrt(3.0)), rho_(rho) {}

  Real draw(KeyedRandom& random, const Scene& scene) const override {
    const double xi = sd_ * random.normal();
    return static_cast<Real>(scene.before ? rho_ * *scene.before + std::sqrt(1 - rho_ * rho_) * xi : xi);
  }
  void apply(KeyedRandom& random, const Scene& scene, std::span<Real> pixels) const override {
    affine_change(pixels, 1, draw(random, scene));
  }
  bool is_stream() const override { return true; }
  std::optional<ValueRange> range() const override { return ValueRange{-2 * sd_, 2 * sd_}; }

 private:
  double sd_, rho_;
};

}  // namespace

std::unique_ptr<Luminosity> drift(double epsilon, double rho) { return std::make_unique<Drift>(epsilon, rho); }

}  // namespace chandelier

#include "luminosity/shading.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace chandelier {
namespace {

/// Coordinate of a row or column: -1 for the first of `count`, 1 for the last, 0 if there is only one.
Real place(Index at, Index count) {
  return count > 1 ? 2 * static_cast<Real>(at) / static_cast<Real>(count - 1) - 1 : Real(0);
}

class Shading final : public Luminosity {
 public:
  Shading(double epsilon, double epsilon_shading) : epsilon_(epsilon), epsilon_shading_(epsilon_shading) {}

  Real draw(KeyedRandom& random, const Scene& /*scene*/) const override {
    return static_cast<Real>(epsilon_ * (2.0 * random.uniform() - 1.0));
  }
  void apply(KeyedRandom& random, const Scene& scene, std::span<Real> pixels) const override {
    const Real a0 = draw(random, scene);
    const Real a1 = static_cast<Real>(epsilon_shading_ * (2.0 * random.uniform() - 1.0));
    const double angle = 2.0 * std::numbers::pi * random.uniform();
    const Real u_x = static_cast<Real>(std::cos(angle)), u_y = static_cast<Real>(std::sin(angle));
    Real* x = pixels.data();
    for (Index row = 0; row < scene.rows; ++row)
      for (Index column = 0; column < scene.columns; ++column, ++x) {
        const Real along_u = u_x * place(column, scene.columns) + u_y * place(row, scene.rows);
        *x = std::clamp(*x + a0 + a1 * along_u, Real(0), Real(1));
      }
  }
  std::optional<ValueRange> range() const override { return ValueRange{-epsilon_, epsilon_}; }

 private:
  double epsilon_, epsilon_shading_;
};

}  // namespace

std::unique_ptr<Luminosity> shading(double epsilon, double epsilon_shading) {
  return std::make_unique<Shading>(epsilon, epsilon_shading);
}

}  // namespace chandelier

#include "luminosity/fixed_shift.hpp"

#include "luminosity/affine_change.hpp"

namespace chandelier {
namespace {

class FixedShift final : public Luminosity {
 public:
  explicit FixedShift(double shift) : shift_(shift) {}

  Real draw(KeyedRandom& /*random*/, const Scene& /*scene*/) const override { return static_cast<Real>(shift_); }
  void apply(KeyedRandom& random, const Scene& scene, std::span<Real> pixels) const override {
    affine_change(pixels, 1, draw(random, scene));
  }
  std::optional<ValueRange> range() const override { return ValueRange{shift_, shift_}; }

 private:
  double shift_;
};

}  // namespace

std::unique_ptr<Luminosity> fixed_shift(double shift) { return std::make_unique<FixedShift>(shift); }

}  // namespace chandelier

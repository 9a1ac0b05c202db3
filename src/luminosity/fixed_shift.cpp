#include "luminosity/fixed_shift.hpp"

#include "luminosity/affine_change.hpp"

namespace chandelier {
namespace {

class FixedShift : public Luminosity {
 public:
  explicit FixedShift(double shift) : shift_(shift) {}

  Real apply(KeyedRandom& /*random*/, std::span<Real> pixels) const override {
    const auto d = static_cast<Real>(shift_);
    affine_change(pixels, 1, d);
    return d;
  }

 private:
  double shift_;
};

}  // namespace

std::unique_ptr<Luminosity> fixed_shift(double shift) { return std::make_unique<FixedShift>(shift); }

}  // namespace chandelier

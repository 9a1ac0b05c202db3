#include "circuits/inorm_subtractive.hpp"

#include "circuits/homeostasis.hpp"
#include "circuits/subtraction.hpp"
#include "kernels/passes.hpp"

namespace chandelier {
namespace {

/// du = lambda/B * 2 mean_j(z)/n, the same for all units
CHANDELIER_HOT void centring_signal(ConstVectorView mean, Real lambda, MatrixView du) {
  const Real scale = lambda / static_cast<Real>(du.cols()) * 2 / static_cast<Real>(du.rows());
  assign_each(du, [&](Index, Index b) { return scale * mean[b]; });
}

}  // namespace

INormSubtractive::INormSubtractive(const LayerSize& size, Real lambda, ErrorRoute route)
    : Circuit(kTraits, with_errors_for(route, size)),
      lambda_(lambda),
      route_(route),
      z_(size.n, size.capacity),
      du_(size.n, size.capacity),
      mean_(size.capacity) {}

ConstMatrixView INormSubtractive::forward(const Input& x) {
  drive(x);
  subtract(e(), s(), z_(batch_));
  return view(z_(batch_));
}

void INormSubtractive::backward(const Input& x) {
  mean_over_units(view(z_(batch_)), VectorView(mean_.data(), batch_));
  centring_signal(ConstVectorView(mean_.data(), batch_), lambda_, du_(batch_));
  through_inhibition(view(du_(batch_)), error_i());
  if (route_ != ErrorRoute::excitatory) through_inhibition(below(), transmitted_i());

  note_signal("Wex", delta(), x.X);
  note_signal("Wix", view(error_i()), x.X);
  note_signal("Wei", view(du_(batch_)), minus_i());
  note_signal("bias", delta(), ones());
}

std::optional<double> INormSubtractive::homeostatic_loss() const {
  return lambda_ * mean_over_batch(z_(batch_), [](double mean, double) { return mean * mean; });
}

std::optional<double> INormSubtractive::layer_norm_distance() const { return distance_to_centred(z_(batch_), e()); }

}  // namespace chandelier

#include "learning/update.hpp"

#include <fmt/format.h>

#include <cmath>

#include "base/error.hpp"
#include "kernels/passes.hpp"

namespace chandelier {
namespace {

/// w <- w - lr wd w
CHANDELIER_HOT void decay(MatrixView w, Real lr_wd) {
  assign_each(w, [&](Index i, Index j) { return w(i, j) - lr_wd * w(i, j); });
}

/// w <- w - rate v
CHANDELIER_HOT void subtract_scaled(MatrixView w, Real rate, ConstMatrixView v) {
  assign_each(w, [&](Index i, Index j) { return w(i, j) - rate * v(i, j); });
}

/// w <- w exp(-lr sign(w) v)
void scale_exponentially(MatrixView w, Real lr, ConstMatrixView v) {
  assign_each(w, [&](Index i, Index j) {
    const Real sign = static_cast<Real>((w(i, j) > 0) - (w(i, j) < 0));
    return w(i, j) * std::exp(-lr * sign * v(i, j));
  });
}

Real rate_of(const Parameter& parameter, const UpdateSettings& settings) {
  if (parameter.is_replaced()) return 0;
  const auto found = settings.rates.find(parameter.rate());
  if (found == settings.rates.end())
    throw Bug(fmt::format("{} learns at the rate {}, which does not exist", parameter.name(), parameter.rate()));
  return static_cast<Real>(found->second);
}

Real momentum_of(const Parameter& parameter, const UpdateSettings& settings) {
  if (parameter.is_plain()) return 0;
  return static_cast<Real>(parameter.is_inhibitory() ? settings.momentum_inhibitory : settings.momentum);
}

}  // namespace

Update::Update(const Parameter& parameter, const UpdateSettings& settings)
    : lr_(rate_of(parameter, settings)),
      mu_(momentum_of(parameter, settings)),
      decay_(parameter.is_inhibitory() ? Real(0) : lr_ * static_cast<Real>(settings.weight_decay)),
      nesterov_(settings.nesterov),
      exponentiated_(settings.exponentiated && !parameter.is_vector() && !parameter.is_plain()) {
  if (mu_ != 0 || exponentiated_) velocity_ = Matrix::Zero(parameter.rows(), parameter.cols());
}

void Update::step(const LearningSignal& signal) {
  if (signal.parameter->is_replaced())
    signal.parameter->learn(0, 1, signal.error, signal.presynaptic);
  else if (exponentiated_)
    exponentiate(signal);
  else if (mu_ != 0)
    descend_along_velocity(signal);
  else
    descend_in_place(signal);
}

void Update::descend_in_place(const LearningSignal& signal) {
  // The step w - lr grad, then weight decay: (1 - lr wd)(w - lr error X)
  const Real keep = 1 - decay_;
  signal.parameter->learn(keep, -keep * lr_, signal.error, signal.presynaptic);
}

void Update::descend_along_velocity(const LearningSignal& signal) {
  const MatrixView v(velocity_.data(), velocity_.rows(), velocity_.cols());
  signal.parameter->accumulate(v, mu_, 1, signal.error, signal.presynaptic);
  signal.parameter->change([&](MatrixView w) {
    if (nesterov_) {  // w - lr (grad + mu v); the product grad is computed once more
      signal.parameter->accumulate(w, 1, -lr_, signal.error, signal.presynaptic);
      subtract_scaled(w, lr_ * mu_, view(v));
    } else {
      subtract_scaled(w, lr_, view(v));
    }
    if (decay_ != 0) decay(w, decay_);
  });
}

void Update::exponentiate(const LearningSignal& signal) {
  const MatrixView v(velocity_.data(), velocity_.rows(), velocity_.cols());
  signal.parameter->accumulate(v, mu_, 1, signal.error, signal.presynaptic);
  signal.parameter->change([&](MatrixView w) {
    scale_exponentially(w, lr_, view(v));
    if (decay_ != 0) decay(w, decay_);
  });
}

}  // namespace chandelier

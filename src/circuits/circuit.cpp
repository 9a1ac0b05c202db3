#include "circuits/circuit.hpp"

#include <algorithm>

#include "circuits/subtraction.hpp"
#include "kernels/products.hpp"

namespace chandelier {

namespace {

LayerSize without_unused(LayerSize size, const CircuitTraits& traits) {
  if (!traits.has_inhibition) size.m = 0;
  return size;
}

}  // namespace

Circuit::Circuit(const CircuitTraits& traits, const LayerSize& size)
    : size_(without_unused(size, traits)),
      r_(traits.divides ? std::min(size.n, size.k) : 0),
      traits_(traits),
      products_(make_products(size.precision, size_.n + size_.m + r_, size.k, size.capacity)),
      products_of_Wei_(make_products(size.precision == Precision::fp16 ? Precision::fp16 : Precision::fp32, size_.n,
                                     size_.m, size.capacity)),
      stack_(Matrix::Zero(size_.n + size_.m + r_, size.k)),
      Wei_(Matrix::Zero(size_.n, size_.m)),
      bias_(Matrix::Zero(size_.n, 1)),
      drives_(stack_.rows(), size.capacity),
      s_(size_.m > 0 ? size_.n : 0, size.capacity),
      errors_(stack_.rows(), size.capacity),
      transmitted_(size.two_errors ? stack_.rows() : 0, size.capacity),
      minus_i_(size.capacity, size_.m),
      ones_(Vector::Ones(size.capacity)) {
  const MatrixView stack(stack_.data(), stack_.rows(), stack_.cols());
  own({.name = "Wex", .sign = Sign::non_negative}, rows_of(stack, 0, size_.n), *products_);
  if (traits.has_inhibition) {
    own({.name = "Wix", .rate = "lr_wix", .sign = Sign::non_negative, .inhibitory = true},
        rows_of(stack, size_.n, size_.m), *products_);
    own({.name = "Wei", .rate = "lr_wei", .sign = Sign::non_negative, .inhibitory = true, .fixed = traits.fixed_Wei},
        MatrixView(Wei_.data(), size_.n, size_.m), products_of_Wei());
  }
  if (traits.divides)
    own({.name = "Bix", .rate = "lr_wix", .inhibitory = true}, rows_of(stack, size_.n + size_.m, r_), *products_);
  own({.name = "bias", .vector = true}, MatrixView(bias_.data(), size_.n, 1), fp32_products());
}

LayerSize Circuit::with_errors_for(ErrorRoute route, LayerSize size) {
  size.two_errors = size.two_errors || route != ErrorRoute::excitatory;
  return size;
}

std::optional<ConstMatrixView> Circuit::inhibition() const {
  if (size_.m == 0) return std::nullopt;
  return s();
}

void Circuit::drive(const Input& x) {
  batch_ = x.batch();
  forget_signals();
  const MatrixView drives = drives_(batch_);
  products_->forward(view(stack_), x.Xt, drives);
  add_bias(rows_of(drives, 0, size_.n), parameter("bias").vector());
  if (size_.m > 0) products_of_Wei().forward(view(Wei_), i(), s_(batch_));
}

void Circuit::error_below(MatrixView out) const {
  products_->backward(rows_of(view(stack_), 0, carrying_rows()), rows_of(transmitted()(batch_), 0, carrying_rows()),
                      out);
}

void Circuit::through_inhibition(ConstMatrixView error, MatrixView error_i) {
  products_of_Wei().backward(view(Wei_), error, error_i);
  negate(error_i);
}

ConstMatrixView Circuit::minus_i() {
  const MatrixView out(minus_i_.data(), batch_, size_.m);
  negated_transpose(i(), out);
  return view(out);
}

}  // namespace chandelier

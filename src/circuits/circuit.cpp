#include "circuits/circuit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "circuits/subtraction.hpp"
#include "kernels/products.hpp"

namespace chandelier {

Circuit::Circuit(const LayerSize& size, Index r)
    : size_(size),
      r_(r),
      products_(make_products(size.precision, size.n + size.m + r, size.k, size.capacity)),
      products_of_Wei_(make_products(size.precision == Precision::fp16 ? Precision::fp16 : Precision::fp32, size.n,
                                     size.m, size.capacity)),
      stack_(Matrix::Zero(size.n + size.m + r, size.k)),
      Wei_(Matrix::Zero(size.n, size.m)),
      bias_(Matrix::Zero(size.n, 1)),
      drives_(stack_.rows(), size.capacity),
      s_(size.m > 0 ? size.n : 0, size.capacity),
      errors_(stack_.rows(), size.capacity),
      minus_i_(size.capacity, size.m),
      ones_(Vector::Ones(size.capacity)) {
  const MatrixView stack(stack_.data(), stack_.rows(), stack_.cols());
  parameters_.reserve(5);  // the learning signals point into it
  signals_.reserve(5);
  parameters_.emplace_back("Wex", rows_of(stack, 0, size.n), products());
  if (size.m > 0) {
    parameters_.emplace_back("Wix", rows_of(stack, size.n, size.m), products());
    parameters_.emplace_back("Wei", MatrixView(Wei_.data(), size.n, size.m), products_of_Wei());
  }
  if (r > 0) parameters_.emplace_back("Bix", rows_of(stack, size.n + size.m, r), products());
  parameters_.emplace_back("bias", MatrixView(bias_.data(), size.n, 1), fp32_products());
}

bool Circuit::has(std::string_view name) const {
  return std::any_of(parameters_.begin(), parameters_.end(), [&](const Parameter& p) { return p.name() == name; });
}

const Parameter& Circuit::parameter(std::string_view name) const {
  for (const Parameter& parameter : parameters_)
    if (parameter.name() == name) return parameter;
  throw Bug(fmt::format("this circuit has no parameter {}", name));
}

Parameter& Circuit::parameter(std::string_view name) {
  return const_cast<Parameter&>(std::as_const(*this).parameter(name));
}

std::optional<ConstMatrixView> Circuit::inhibition() const {
  if (size_.m == 0) return std::nullopt;
  return s();
}

void Circuit::drive(const Input& x) {
  batch_ = x.batch();
  signals_.clear();
  const MatrixView drives = drives_(batch_);
  products_->forward(view(stack_), x.Xt, drives);
  add_bias(rows_of(drives, 0, size_.n), parameter("bias").vector());
  if (size_.m > 0) products_of_Wei().forward(view(Wei_), i(), s_(batch_));
}

ConstMatrixView Circuit::minus_i() {
  const MatrixView out(minus_i_.data(), batch_, size_.m);
  negated_transpose(i(), out);
  return view(out);
}

void Circuit::learn(std::string_view name, ConstMatrixView error, ConstMatrixView presynaptic) {
  signals_.push_back({&parameter(name), error, presynaptic});
}

}  // namespace chandelier

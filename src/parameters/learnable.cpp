#include "parameters/learnable.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"

namespace chandelier {

bool Learnable::has(std::string_view name) const {
  return std::ranges::any_of(parameters(), [&](const Parameter& parameter) { return parameter.name() == name; });
}

const Parameter& Learnable::parameter(std::string_view name) const {
  for (const Parameter& parameter : parameters())
    if (parameter.name() == name) return parameter;
  throw Bug(fmt::format("there is no parameter {}", name));
}

Parameter& Learnable::parameter(std::string_view name) {
  return const_cast<Parameter&>(std::as_const(*this).parameter(name));
}

void Learnable::own(ParameterKind kind, MatrixView storage, Products& products) {
  parameters_.emplace_back(std::move(kind), storage, products);
  signals_.reserve(parameters_.size());
}

void Learnable::own(ParameterKind kind, Index rows, Index cols) {
  parameters_.emplace_back(std::move(kind), rows, cols);
  signals_.reserve(parameters_.size());
}

void Learnable::note_signal(std::string_view name, ConstMatrixView error, ConstMatrixView presynaptic) {
  signals_.push_back({&parameter(name), error, presynaptic});
}

}  // namespace chandelier

#include "circuits/excitatory.hpp"

#include "kernels/products.hpp"

namespace chandelier {

namespace {

LayerSize without_inhibition(LayerSize size) {
  size.m = 0;
  return size;
}

}  // namespace

Excitatory::Excitatory(const LayerSize& size) : Circuit(without_inhibition(size), 0) {}

ConstMatrixView Excitatory::forward(const Input& x) {
  drive(x);
  return e();
}

void Excitatory::backward(const Input& x) {
  learn("Wex", delta(), x.X);
  learn("bias", delta(), ones());
}

void Excitatory::error_below(MatrixView out) const { products().backward(parameter("Wex").value(), delta(), out); }

}  // namespace chandelier

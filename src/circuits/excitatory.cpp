#include "circuits/excitatory.hpp"

#include "kernels/products.hpp"

namespace chandelier {

Excitatory::Excitatory(const LayerSize& size) : Circuit({size.k, size.n, 0, size.capacity}, 0) {}

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

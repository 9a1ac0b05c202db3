#include "circuits/excitatory.hpp"

#include "kernels/products.hpp"

namespace chandelier {

Excitatory::Excitatory(const LayerSize& size) : Circuit(kTraits, size) {}

ConstMatrixView Excitatory::forward(const Input& x) {
  drive(x);
  return e();
}

void Excitatory::backward(const Input& x) {
  note_signal("Wex", delta(), x.X);
  note_signal("bias", delta(), ones());
}

}  // namespace chandelier

#include "circuits/excitatory_inhibitory.hpp"

#include "circuits/subtraction.hpp"

namespace chandelier {

ExcitatoryInhibitory::ExcitatoryInhibitory(const LayerSize& size) : Circuit(kTraits, size), z_(size.n, size.capacity) {}

ConstMatrixView ExcitatoryInhibitory::forward(const Input& x) {
  drive(x);
  subtract(e(), s(), z_(batch_));
  return view(z_(batch_));
}

void ExcitatoryInhibitory::backward(const Input& x) {
  products_of_Wei().backward(parameter("Wei").value(), delta(), error_i());
  negate(error_i());

  note_signal("Wex", delta(), x.X);
  note_signal("Wix", view(error_i()), x.X);
  note_signal("Wei", delta(), minus_i());
  note_signal("bias", delta(), ones());
}

void ExcitatoryInhibitory::error_below(MatrixView out) const {
  products().backward(stacked_weights(), stacked_errors(), out);
}

}  // namespace chandelier

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
  through_inhibition(delta(), error_i());
  if (size_.two_errors) through_inhibition(below(), transmitted_i());

  note_signal("Wex", delta(), x.X);
  note_signal("Wix", view(error_i()), x.X);
  note_signal("Wei", delta(), minus_i());
  note_signal("bias", delta(), ones());
}

}  // namespace chandelier

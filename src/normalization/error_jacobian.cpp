#include "normalization/error_jacobian.hpp"

#include "normalization/moments.hpp"

namespace chandelier {
namespace {

class Jacobian final : public ErrorNormalization {
 public:
  Jacobian(Index n, Index capacity) : y_(n, capacity), of_z_(capacity), projection_(capacity) {}

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    const MatrixView y = y_(z.cols());
    of_z_.measure(z);
    standardize(z, of_z_, y);
    projection_.measure(g, view(y));
    centre_decorrelate_scale(g, view(y), projection_, of_z_, normalized);
  }

 private:
  mutable BatchBuffer y_;  ///< LN(z), [n x B]
  mutable Moments of_z_;
  mutable Projection projection_;  ///< of g on 1 and on y
};

}  // namespace

std::unique_ptr<ErrorNormalization> error_jacobian(Index n, Index capacity) {
  return std::make_unique<Jacobian>(n, capacity);
}

}  // namespace chandelier

#include "normalization/error_full.hpp"

#include "normalization/moments.hpp"

namespace chandelier {
namespace {

class Full final : public ErrorNormalization {
 public:
  explicit Full(Index capacity) : of_z_(capacity), projection_(capacity) {}

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    of_z_.measure(z);
    projection_.measure(g, z);
    centre_decorrelate_scale(g, z, projection_, of_z_, normalized);
  }

 private:
  mutable Moments of_z_;
  mutable Projection projection_;  ///< of g on 1 and on z
};

}  // namespace

std::unique_ptr<ErrorNormalization> error_full(Index capacity) { return std::make_unique<Full>(capacity); }

}  // namespace chandelier

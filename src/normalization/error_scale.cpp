#include "normalization/error_scale.hpp"

#include "normalization/moments.hpp"

namespace chandelier {
namespace {

class Scale final : public ErrorNormalization {
 public:
  explicit Scale(Index capacity) : of_z_(capacity) {}

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    of_z_.measure(z);
    scale(g, of_z_, normalized);
  }

 private:
  mutable Moments of_z_;
};

}  // namespace

std::unique_ptr<ErrorNormalization> error_scale(Index capacity) { return std::make_unique<Scale>(capacity); }

}  // namespace chandelier

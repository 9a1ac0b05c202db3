#include "normalization/error_center.hpp"

#include "normalization/moments.hpp"

namespace chandelier {
namespace {

class Center final : public ErrorNormalization {
 public:
  explicit Center(Index capacity) : mean_(capacity) {}

  void apply(ConstMatrixView, ConstMatrixView g, MatrixView normalized) const override {
    const VectorView mean(mean_.data(), g.cols());
    mean_over_units(g, mean);
    centre(g, view(mean), normalized);
  }

 private:
  mutable Vector mean_;  ///< mean_j g, [B]
};

}  // namespace

std::unique_ptr<ErrorNormalization> error_center(Index capacity) { return std::make_unique<Center>(capacity); }

}  // namespace chandelier

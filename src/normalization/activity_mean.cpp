#include "normalization/activity_mean.hpp"

#include "normalization/moments.hpp"

namespace chandelier {
namespace {

class Mean final : public ActivityNormalization {
 public:
  Mean(Index n, Index capacity) : y_(n, capacity), mean_(capacity) {}

  ConstMatrixView forward(ConstMatrixView z) override {
    const VectorView mean(mean_.data(), z.cols());
    mean_over_units(z, mean);
    centre(z, view(mean), y_(z.cols()));
    return view(y_(z.cols()));
  }

  void own_error(ConstMatrixView g, MatrixView error) const override {
    const VectorView mean(mean_.data(), g.cols());
    mean_over_units(g, mean);
    centre(g, view(mean), error);
  }

 private:
  BatchBuffer y_;        ///< [n x B]
  mutable Vector mean_;  ///< [B]
};

}  // namespace

std::unique_ptr<ActivityNormalization> activity_mean(Index n, Index capacity) {
  return std::make_unique<Mean>(n, capacity);
}

}  // namespace chandelier

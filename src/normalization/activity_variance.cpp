#include "normalization/activity_variance.hpp"

#include "kernels/passes.hpp"
#include "normalization/moments.hpp"

namespace chandelier {
namespace {

/// g/sd - (z - mean_j z) (sum_j g z)/(n sd^3)
CHANDELIER_HOT void jacobian(ConstMatrixView z, ConstMatrixView g, const Moments& of_z, ConstVectorView gz,
                             MatrixView error) {
  const Real n = static_cast<Real>(z.rows());
  const Real* const mean = of_z.mean();
  const Real* const sd = of_z.sd();
  assign_each(error, [&](Index j, Index b) {
    return g(j, b) / sd[b] - (z(j, b) - mean[b]) * gz[b] / (n * sd[b] * sd[b] * sd[b]);
  });
}

class Variance final : public ActivityNormalization {
 public:
  Variance(Index n, Index capacity) : y_(n, capacity), of_z_(capacity), gz_(capacity) {}

  ConstMatrixView forward(ConstMatrixView z) override {
    z_ = z.data();
    of_z_.measure(z);
    scale(z, of_z_, y_(z.cols()));
    return view(y_(z.cols()));
  }

  void own_error(ConstMatrixView g, MatrixView error) const override {
    const ConstMatrixView z(z_, g.rows(), g.cols());
    const VectorView gz(gz_.data(), g.cols());
    dot_over_units(g, z, gz);
    jacobian(z, g, of_z_, view(gz), error);
  }

 private:
  BatchBuffer y_;  ///< [n x B]
  Moments of_z_;
  mutable Vector gz_;        ///< sum_j g z, [B]
  const Real* z_ = nullptr;  ///< the last z, [n x B]
};

}  // namespace

std::unique_ptr<ActivityNormalization> activity_variance(Index n, Index capacity) {
  return std::make_unique<Variance>(n, capacity);
}

}  // namespace chandelier

#include "normalization/error_lateral.hpp"

#include "base/random.hpp"
#include "kernels/passes.hpp"
#include "normalization/moments.hpp"

namespace chandelier {
namespace {

/// sum_j a_j g_j, for each sample
CHANDELIER_HOT void weighted_sum(ConstMatrixView g, const Real* a, VectorView sum) {
  sum_over_units(sum, g.rows(), [&](Index j, Index b) { return a[j] * g(j, b); });
}

class Lateral final : public ErrorNormalization {
 public:
  Lateral(Index n, Index capacity, std::uint64_t seed, std::uint32_t layer) : a_(n), sum_(capacity) {
    double total = 0;
    Eigen::VectorXd draws(n);
    for (Index j = 0; j < n; ++j) {
      draws[j] = KeyedRandom(seed, Purpose::lateral, layer, static_cast<std::uint32_t>(j)).uniform();
      total += draws[j];
    }
    a_ = (draws / total).cast<Real>();
  }

  void apply(ConstMatrixView, ConstMatrixView g, MatrixView normalized) override {
    const VectorView sum(sum_.data(), g.cols());
    weighted_sum(g, a_.data(), sum);
    centre(g, view(sum), normalized);
  }

  std::span<Real> lateral() override { return {a_.data(), static_cast<std::size_t>(a_.size())}; }

 private:
  Vector a_;    ///< [n]
  Vector sum_;  ///< sum_j a_j g_j, [B]
};

}  // namespace

std::unique_ptr<ErrorNormalization> error_lateral(Index n, Index capacity, std::uint64_t seed, std::uint32_t layer) {
  return std::make_unique<Lateral>(n, capacity, seed, layer);
}

}  // namespace chandelier

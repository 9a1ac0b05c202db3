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
  Lateral(Index n, Index capacity, std::uint64_t seed, std::uint32_t layer) : sum_(capacity) {
    own({.name = "lateral", .sign = Sign::non_negative, .inhibitory = true, .vector = true, .fixed = true}, n, 1);
    double total = 0;
    Eigen::VectorXd draws(n);
    for (Index j = 0; j < n; ++j) {
      draws[j] = KeyedRandom(seed, Purpose::lateral, layer, static_cast<std::uint32_t>(j)).uniform();
      total += draws[j];
    }
    parameter("lateral").change([&](MatrixView a) { a = (draws / total).cast<Real>(); });
  }

  void apply(ConstMatrixView, ConstMatrixView g, MatrixView normalized) const override {
    const VectorView sum(sum_.data(), g.cols());
    weighted_sum(g, a(), sum);
    centre(g, view(sum), normalized);
  }

  ErrorAim aim() const override { return ErrorAim::centring; }

 private:
  const Real* a() const { return parameters().front().value().data(); }  ///< [n]

  mutable Vector sum_;  ///< sum_j a_j g_j, [B]
};

}  // namespace

std::unique_ptr<ErrorNormalization> error_lateral(Index n, Index capacity, std::uint64_t seed, std::uint32_t layer) {
  return std::make_unique<Lateral>(n, capacity, seed, layer);
}

}  // namespace chandelier

#include "normalization/error_dendritic.hpp"

#include <cmath>

#include "base/random.hpp"
#include "kernels/passes.hpp"
#include "kernels/population.hpp"

namespace chandelier {
namespace {

Real rectified(Real y) { return y > 0 ? y : Real(0); }

/// q = mean_j (h_j g_j), h = max(0, z)
CHANDELIER_HOT void burst_drive(ConstMatrixView z, ConstMatrixView g, VectorView q) {
  sum_over_units(q, z.rows(), [&](Index j, Index b) { return rectified(z(j, b)) * g(j, b); });
  for (Index b = 0; b < q.size(); ++b) q[b] /= static_cast<Real>(z.rows());
}

/// c = g - c, where c contains r Ve^T
CHANDELIER_HOT void subtract_from(ConstMatrixView g, MatrixView c) {
  assign_each(c, [&](Index j, Index b) { return g(j, b) - c(j, b); });
}

/// c -= (v o h) q
CHANDELIER_HOT void subtract_burst(ConstMatrixView z, const Real* v, const Real* q, MatrixView c) {
  assign_each(c, [&](Index j, Index b) { return c(j, b) - v[j] * rectified(z(j, b)) * q[b]; });
}

/// -c/(B rho): the error that Ve learns from, with r as presynaptic activity
CHANDELIER_HOT void negative_share(ConstMatrixView c, Real rho, MatrixView out) {
  const Real rate = -1 / (static_cast<Real>(c.cols()) * rho);
  assign_each(out, [&](Index j, Index b) { return rate * c(j, b); });
}

/// -(c o h) q/(B kappa): the error that v learns from, with 1 as presynaptic activity
CHANDELIER_HOT void burst_signal(ConstMatrixView c, ConstMatrixView z, const Real* q, Real kappa, MatrixView out) {
  const Real rate = -1 / (static_cast<Real>(c.cols()) * kappa);
  assign_each(out, [&](Index j, Index b) { return rate * (c(j, b) * rectified(z(j, b)) * q[b]); });
}

/// sum |a|^2 / B
Real mean_square(ConstMatrixView a) {
  Real sum = 0;
  for (Index i = 0; i < a.size(); ++i) sum += a.data()[i] * a.data()[i];
  return sum / static_cast<Real>(a.cols());
}

/// Ue: 1/n if there is one interneuron; otherwise lognormal draws, each row divided by its sum.
Eigen::MatrixXd reading_weights(Index interneurons, Index n, std::uint64_t seed, std::uint32_t layer) {
  constexpr double kSigma = 0.83;
  if (interneurons == 1) return Eigen::MatrixXd::Constant(1, n, 1 / static_cast<double>(n));
  Eigen::MatrixXd Ue(interneurons, n);
  for (Index e = 0; e < interneurons; ++e) {
    KeyedRandom random(seed, Purpose::error_interneurons, layer, static_cast<std::uint32_t>(e));
    double sum = 0;
    for (Index j = 0; j < n; ++j) sum += Ue(e, j) = std::exp(kSigma * random.normal());
    Ue.row(e) /= sum;
  }
  return Ue;
}

class Dendritic final : public ErrorNormalization {
 public:
  Dendritic(Index n, Index interneurons, Index capacity, std::uint64_t seed, std::uint32_t layer, bool burst)
      : burst_(burst),
        r_(interneurons, capacity),
        c_(n, capacity),
        Ve_signal_(n, capacity),
        v_signal_(burst ? n : 0, capacity),
        r_by_sample_(capacity, interneurons),
        q_(capacity),
        ones_(Vector::Ones(capacity)) {
    const Sign dale = Sign::non_negative;
    own({.name = "Ue", .sign = dale, .inhibitory = true, .fixed = true}, interneurons, n);
    own({.name = "Ve", .rate = "lr_error", .sign = dale, .inhibitory = true, .plain = true}, n, interneurons);
    if (burst) {
      own({.name = "burst", .rate = "lr_error", .sign = dale, .inhibitory = true, .vector = true, .plain = true}, n, 1);
      own_running_means({{"rho"}, {"kappa"}});
    } else {
      own_running_means({{"rho"}});
    }
    parameter("Ue").change([&](MatrixView Ue) { Ue = reading_weights(interneurons, n, seed, layer).cast<Real>(); });
  }

  void apply(ConstMatrixView z, ConstMatrixView g, MatrixView normalized) const override {
    const Index B = g.cols();
    Products& products = fp32_products();
    products.forward(parameter("Ue").value(), g, r_(B));
    products.forward(parameter("Ve").value(), view(r_(B)), normalized);
    subtract_from(g, normalized);
    if (!burst_) return;
    burst_drive(z, g, VectorView(q_.data(), B));
    subtract_burst(z, parameter("burst").vector().data(), q_.data(), normalized);
  }

  void learn(ConstMatrixView z, ConstMatrixView g) override {
    const Index B = g.cols();
    forget_signals();
    apply(z, g, c_(B));
    const ConstMatrixView c = view(c_(B));
    if (const Real rho = updated(0, mean_square(view(r_(B)))); rho != 0) {
      negative_share(c, rho, Ve_signal_(B));
      const MatrixView r_by_sample(r_by_sample_.data(), B, r_.rows());
      transpose(view(r_(B)), r_by_sample);
      note_signal("Ve", view(Ve_signal_(B)), view(r_by_sample));
    }
    if (!burst_) return;
    if (const Real kappa = updated(1, mean_square(ConstMatrixView(q_.data(), 1, B))); kappa != 0) {
      burst_signal(c, z, q_.data(), kappa, v_signal_(B));
      note_signal("burst", view(v_signal_(B)), ConstMatrixView(ones_.data(), B, 1));
    }
  }

  ErrorAim aim() const override { return burst_ ? ErrorAim::layer_norm : ErrorAim::centring; }

 private:
  /// Updates a running mean with this batch and returns it.
  Real updated(std::size_t which, Real of_batch) {
    RunningMean& mean = running_means()[which];
    mean.take(of_batch);
    return mean.value;
  }

  bool burst_;
  mutable BatchBuffer r_;  ///< [e x B]
  BatchBuffer c_;          ///< N(g), [n x B]
  BatchBuffer Ve_signal_, v_signal_;
  Matrix r_by_sample_;
  mutable Vector q_;  ///< [B]
  Vector ones_;
};

}  // namespace

std::unique_ptr<ErrorNormalization> error_dendritic(Index n, Index interneurons, Index capacity, std::uint64_t seed,
                                                    std::uint32_t layer) {
  return std::make_unique<Dendritic>(n, interneurons, capacity, seed, layer, false);
}

std::unique_ptr<ErrorNormalization> error_dendritic_burst(Index n, Index interneurons, Index capacity,
                                                          std::uint64_t seed, std::uint32_t layer) {
  return std::make_unique<Dendritic>(n, interneurons, capacity, seed, layer, true);
}

}  // namespace chandelier

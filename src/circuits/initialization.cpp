#include "circuits/initialization.hpp"

#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/random.hpp"

namespace chandelier {
namespace {

using MatrixD = Eigen::MatrixXd;

/// [rows x cols] draws with mean s. Row i depends only on (seed, purpose, layer, i).
MatrixD positive_weights(Index rows, Index cols, double s, ExcitatoryDistribution distribution, std::uint64_t seed,
                         Purpose purpose, std::uint32_t layer) {
  // A lognormal with mean s and standard deviation s has sigma^2 = ln 2 and mu = ln s - sigma^2/2.
  const double sigma = std::sqrt(std::numbers::ln2), mu = std::log(s) - std::numbers::ln2 / 2;
  MatrixD w(rows, cols);
  for (Index i = 0; i < rows; ++i) {
    KeyedRandom random(seed, purpose, layer, static_cast<std::uint32_t>(i));
    for (Index j = 0; j < cols; ++j)
      w(i, j) = distribution == ExcitatoryDistribution::lognormal ? std::exp(mu + sigma * random.normal())
                                                                  : -s * std::log(random.uniform());
  }
  return w;
}

/// diag(S) V^T of the thin SVD W0 = U diag(S) V^T, largest singular value first. Computed from the eigenvectors of the
/// smaller Gram matrix: U^T W0 if n <= k, otherwise sqrt(eigenvalues) V^T. Only the Gram matrix W0^T W0 of the result
/// matters in the equations.
MatrixD singular_rows(const MatrixD& W0) {
  if (W0.rows() <= W0.cols()) {
    const Eigen::SelfAdjointEigenSolver<MatrixD> gram(W0 * W0.transpose());
    return gram.eigenvectors().rowwise().reverse().transpose() * W0;
  }
  const Eigen::SelfAdjointEigenSolver<MatrixD> gram(W0.transpose() * W0);
  const Eigen::VectorXd S = gram.eigenvalues().cwiseMax(0.0).cwiseSqrt().reverse();
  return S.asDiagonal() * gram.eigenvectors().rowwise().reverse().transpose();
}

/// s = sqrt(2 n / (k (n-1)))
double scale_of_Wex(Index n, Index k) {
  return std::sqrt(2.0 * static_cast<double>(n) / static_cast<double>(k * (n - 1)));
}

void set(Circuit& circuit, std::string_view name, const MatrixD& values) {
  circuit.parameter(name).change([&](MatrixView w) { w = values.cast<Real>(); });
}

}  // namespace

Index inhibitory_units(Index n, double fraction) {
  // The small addend corrects rounding: 0.1 * 30 must not come out just below 3.
  return std::max<Index>(1, static_cast<Index>(std::floor(static_cast<double>(n) * fraction + 1e-9)));
}

void initialize(Circuit& circuit, ExcitatoryDistribution distribution, std::uint64_t seed, std::uint32_t layer) {
  const Index k = circuit.size().k, n = circuit.size().n, m = circuit.size().m;
  const double s = scale_of_Wex(n, k);
  const MatrixD Wex = positive_weights(n, k, s, distribution, seed, Purpose::initial_Wex, layer);
  set(circuit, "Wex", Wex);
  if (m == 0) return;

  const Eigen::RowVectorXd mean_row = Wex.colwise().mean();
  const MatrixD Wix = mean_row.replicate(m, 1);
  MatrixD Wei = positive_weights(n, m, s, distribution, seed, Purpose::initial_Wei, layer);
  const Eigen::VectorXd row_sums = Wei.rowwise().sum();
  Wei.array().colwise() /= row_sums.array();
  set(circuit, "Wix", Wix);
  set(circuit, "Wei", Wei);
  if (circuit.has("Bix")) set(circuit, "Bix", singular_rows(Wex - Wei * Wix));
}

Matrix feedback_weights(Index n, Index k, bool centred, ExcitatoryDistribution distribution, std::uint64_t seed,
                        std::uint32_t layer) {
  MatrixD F = positive_weights(n, k, scale_of_Wex(n, k), distribution, seed, Purpose::feedback, layer);
  if (centred) F.rowwise() -= Eigen::RowVectorXd(F.colwise().mean());
  return F.cast<Real>();
}

}  // namespace chandelier

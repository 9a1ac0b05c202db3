#include "training/alignment.hpp"

#include <Eigen/Dense>
#include <Eigen/Eigenvalues>
#include <cmath>
#include <limits>
#include <utility>

namespace chandelier {
namespace {

using MatrixD = Eigen::MatrixXd;

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

MatrixD in_double(ConstMatrixView a) { return a.cast<double>(); }

MatrixD centred(const MatrixD& a) { return a.rowwise() - a.colwise().mean(); }

/// sqrt(var_j z + tau) of each sample
Eigen::RowVectorXd standard_deviation(const MatrixD& z) {
  return (centred(z).array().square().colwise().mean() + static_cast<double>(kTau)).sqrt();
}

MatrixD layer_norm(const MatrixD& z) { return centred(z).array().rowwise() / standard_deviation(z).array(); }

/// (g - mean_j g - y (sum_j g y)/n) / sd
MatrixD through_layer_norm(const MatrixD& g, const MatrixD& z) {
  const MatrixD y = layer_norm(z);
  const Eigen::RowVectorXd along = g.cwiseProduct(y).colwise().mean();
  return (centred(g) - y * along.asDiagonal()).array().rowwise() / standard_deviation(z).array();
}

MatrixD where_positive(const MatrixD& a) { return (a.array() > 0).cast<double>(); }

double inner_product(const MatrixD& D, const MatrixD& E, const MatrixD& gram) {
  return (D.transpose() * E).cwiseProduct(gram).sum();
}

/// 1[z > 0] passed through the layer's error normalization, with the `error_part` setting applied.
MatrixD through_own_error_norm(const HiddenLayer& layer) {
  const ConstMatrixView z = layer.z();
  const Matrix active = (z.array() > 0).cast<Real>();
  Matrix normalized(active.rows(), active.cols());
  layer.error_norm().apply(z, view(active), MatrixView(normalized.data(), normalized.rows(), normalized.cols()));
  return normalized.cast<double>();
}

/// Mean of a quotient over the samples whose divisor is positive; nan if there are none.
/// @param of_sample  returns dividend and divisor
template <class OfSample>
double mean_of_quotients(Index samples, OfSample of_sample) {
  double sum = 0;
  int defined = 0;
  for (Index b = 0; b < samples; ++b) {
    const auto [dividend, divisor] = of_sample(b);
    if (!(divisor > 0)) continue;
    sum += dividend / divisor;
    ++defined;
  }
  return defined > 0 ? sum / defined : kUndefined;
}

}  // namespace

Presynaptic::Presynaptic(ConstMatrixView activity) : X(activity), XXt(MatrixD::Zero(X.rows(), X.rows())) {
  XXt.selfadjointView<Eigen::Lower>().rankUpdate(in_double(X));
  XXt.triangularView<Eigen::StrictlyUpper>() = XXt.transpose();
}

double cosine(const GradientFactors& a, const GradientFactors& b) {
  const auto& [D, x] = a;
  const auto& [E, y] = b;
  const double dd = inner_product(D, D, x.XXt), ee = inner_product(E, E, y.XXt);
  const bool shared = &x == &y;  // two errors of one batch
  const double de = inner_product(D, E, shared ? x.XXt : MatrixD(in_double(x.X) * in_double(y.X).transpose()));
  return dd > 0 && ee > 0 ? de / std::sqrt(dd * ee) : kUndefined;
}

double output_alignment(const HiddenLayer& layer) {
  const MatrixD z = in_double(layer.z());
  const MatrixD h = z.cwiseMax(0), aim = layer_norm(z).cwiseMax(0);
  const double norms = h.norm() * aim.norm();
  return norms > 0 ? h.cwiseProduct(aim).sum() / norms : kUndefined;
}

double gradient_alignment(const HiddenLayer& layer, const Presynaptic& x) {
  const MatrixD z = in_double(layer.z());
  MatrixD of_layer_norm = layer.error_norm().aim() == ErrorAim::centring
                              ? centred(where_positive(z))
                              : through_layer_norm(where_positive(layer_norm(z)), z);
  MatrixD of_this_layer = layer.circuit().traits().normalizes ? through_own_error_norm(layer) : where_positive(z);
  if (const auto d = layer.circuit().divisor()) {
    const Eigen::RowVectorXd divisor = d->cast<double>().transpose();
    of_layer_norm.array().rowwise() /= divisor.array();
    of_this_layer.array().rowwise() /= divisor.array();
  }
  return cosine({of_layer_norm, x}, {of_this_layer, x});
}

double error_eigenvalue(ConstMatrixView g) {
  if (g.cols() < 2) return kUndefined;
  const MatrixD errors = in_double(g);
  const MatrixD deviation = errors.colwise() - errors.rowwise().mean();
  // The covariance [n x n] and this [B x B] matrix have the same largest eigenvalue.
  const MatrixD gram = deviation.transpose() * deviation / static_cast<double>(g.cols() - 1);
  if (!gram.allFinite()) return kUndefined;
  return Eigen::SelfAdjointEigenSolver<MatrixD>(gram, Eigen::EigenvaluesOnly).eigenvalues().maxCoeff();
}

double uniform_share(ConstMatrixView g) {
  const MatrixD errors = in_double(g);
  const double all = errors.squaredNorm();
  const double uniform = static_cast<double>(g.rows()) * errors.colwise().mean().squaredNorm();
  return all > 0 ? uniform / all : kUndefined;
}

double activity_share(ConstMatrixView delta, ConstMatrixView z) {
  const MatrixD D = in_double(delta), Z = in_double(z);
  return mean_of_quotients(D.cols(), [&](Index b) {
    return std::pair(std::pow(D.col(b).dot(Z.col(b)), 2), D.col(b).squaredNorm() * Z.col(b).squaredNorm());
  });
}

double error_gain(ConstMatrixView delta, ConstMatrixView g) {
  const MatrixD D = in_double(delta), G = in_double(g);
  return mean_of_quotients(D.cols(), [&](Index b) { return std::pair(D.col(b).norm(), G.col(b).norm()); });
}

}  // namespace chandelier

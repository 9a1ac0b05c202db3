#include "circuits/homeostasis.hpp"

#include <Eigen/Dense>

#include "kernels/population.hpp"

namespace chandelier {
namespace {

using Column = Eigen::ArrayXd;

Column sample(ConstMatrixView a, Index b) { return a.col(b).cast<double>().array(); }

double variance(const Column& a) { return (a - a.mean()).square().mean(); }

}  // namespace

double mean_over_batch(ConstMatrixView a, const std::function<double(double, double)>& f) {
  double sum = 0;
  for (Index b = 0; b < a.cols(); ++b) {
    const Column unit = sample(a, b);
    sum += f(unit.mean(), variance(unit));
  }
  return sum / static_cast<double>(a.cols());
}

double distance_to_layer_norm(ConstMatrixView z, ConstMatrixView e) {
  double sum = 0;
  for (Index b = 0; b < z.cols(); ++b) {
    const Column drive = sample(e, b);
    const Column aim = (drive - drive.mean()) / std::sqrt(variance(drive) + static_cast<double>(kTau));
    sum += (sample(z, b) - aim).square().mean();
  }
  return sum / static_cast<double>(z.cols());
}

double distance_to_centred(ConstMatrixView z, ConstMatrixView e) {
  double sum = 0;
  for (Index b = 0; b < z.cols(); ++b) {
    const Column drive = sample(e, b);
    sum += (sample(z, b) - (drive - drive.mean())).square().mean();
  }
  return sum / static_cast<double>(z.cols());
}

}  // namespace chandelier

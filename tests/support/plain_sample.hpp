// The units of one sample in double: moments, layer normalization and rectification by their definitions.

#pragma once

#include <Eigen/Core>

namespace chandelier::plain {

using MatrixD = Eigen::MatrixXd;
using Units = Eigen::ArrayXd;  ///< the units of one sample

constexpr double kTau = 1e-5;

double mean(const Units& a);
double variance(const Units& a);
double sd(const Units& a);
Units layer_norm(const Units& a);
Units relu(const Units& a);
Units positive(const Units& a);

double cosine(const MatrixD& a, const MatrixD& b);

}  // namespace chandelier::plain

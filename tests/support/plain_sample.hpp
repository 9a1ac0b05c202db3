// The units of one sample in double: moments, layer normalization and rectification by their definitions.

#pragma once

#include <Eigen/Dense>
#include <cmath>

namespace chandelier::plain {

using MatrixD = Eigen::MatrixXd;
using Units = Eigen::ArrayXd;  ///< the units of one sample

constexpr double kTau = 1e-5;

inline double mean(const Units& a) { return a.sum() / static_cast<double>(a.size()); }
inline double variance(const Units& a) { return (a - mean(a)).square().sum() / static_cast<double>(a.size()); }
inline double sd(const Units& a) { return std::sqrt(variance(a) + kTau); }
inline Units layer_norm(const Units& a) { return (a - mean(a)) / sd(a); }
inline Units relu(const Units& a) { return a.max(0.0); }
inline Units positive(const Units& a) { return (a > 0.0).cast<double>(); }

inline double cosine(const MatrixD& a, const MatrixD& b) { return a.cwiseProduct(b).sum() / (a.norm() * b.norm()); }

}  // namespace chandelier::plain

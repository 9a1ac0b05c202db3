#include "plain_sample.hpp"

#include <cmath>

namespace chandelier::plain {

double mean(const Units& a) { return a.sum() / static_cast<double>(a.size()); }
double variance(const Units& a) { return (a - mean(a)).square().sum() / static_cast<double>(a.size()); }
double sd(const Units& a) { return std::sqrt(variance(a) + kTau); }
Units layer_norm(const Units& a) { return (a - mean(a)) / sd(a); }
Units relu(const Units& a) { return a.max(0.0); }
Units positive(const Units& a) { return (a > 0.0).cast<double>(); }

double cosine(const MatrixD& a, const MatrixD& b) { return a.cwiseProduct(b).sum() / (a.norm() * b.norm()); }

}  // namespace chandelier::plain

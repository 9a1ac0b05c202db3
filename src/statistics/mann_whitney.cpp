#include "statistics/mann_whitney.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <numeric>

#include "base/error.hpp"
#include "statistics/all_finite.hpp"
#include "statistics/ranks.hpp"

namespace chandelier {

MannWhitney mann_whitney(std::span<const double> x, std::span<const double> y) {
  MannWhitney result;
  if (x.empty() || y.empty() || !all_finite(x) || !all_finite(y)) return result;

  std::vector<double> pooled(x.begin(), x.end());
  pooled.insert(pooled.end(), y.begin(), y.end());
  const auto [ranks, tie_term] = ranks_of(pooled);
  const auto m = static_cast<double>(x.size()), n = static_cast<double>(y.size()), N = m + n;
  const double rank_sum = std::accumulate(ranks.begin(), ranks.begin() + static_cast<std::ptrdiff_t>(x.size()), 0.0);
  result.U = rank_sum - m * (m + 1) / 2;
  result.most = m * n;
  const double larger = std::max(result.U, m * n - result.U);

  result.exact = std::min(m, n) <= 8 && tie_term == 0;
  if (result.exact) {
    const auto P = mann_whitney_distribution(static_cast<int>(x.size()), static_cast<int>(y.size()));
    const auto below = P.begin() + static_cast<std::ptrdiff_t>(m * n - larger) + 1;  // P is symmetric
    result.p = std::min(1.0, 2 * std::accumulate(P.begin(), below, 0.0));
    return result;
  }
  const double s = std::sqrt(m * n / 12 * (N + 1 - tie_term / (N * (N - 1))));
  const double numerator = larger - m * n / 2 - 0.5;
  const boost::math::normal standard;
  result.p = std::min(1.0, 2 * boost::math::cdf(complement(standard, numerator / s)));
  return result;
}

std::vector<double> mann_whitney_distribution(int m, int n) {
  if (m < 0 || n < 0) throw Bug(fmt::format("mann_whitney_distribution of {} and {} values", m, n));
  // P[j] is the distribution for i and j values, with i from the outer loop.
  std::vector<std::vector<double>> P(static_cast<std::size_t>(n) + 1, std::vector<double>{1.0});
  for (std::size_t i = 1; i <= static_cast<std::size_t>(m); ++i) {
    for (std::size_t j = 1; j < P.size(); ++j) {
      const double largest_is_x = static_cast<double>(i) / static_cast<double>(i + j);
      std::vector<double> next(i * j + 1);
      for (std::size_t k = 0; k < P[j].size(); ++k) next[k + j] += largest_is_x * P[j][k];
      for (std::size_t k = 0; k < P[j - 1].size(); ++k) next[k] += (1 - largest_is_x) * P[j - 1][k];
      P[j] = std::move(next);
    }
  }
  return P.back();
}

}  // namespace chandelier

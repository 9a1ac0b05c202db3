#include "statistics/wilcoxon.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <numeric>

#include "base/error.hpp"
#include "statistics/all_finite.hpp"
#include "statistics/ranks.hpp"

namespace chandelier {
namespace {

constexpr int kMostExact = 50, kMostExactWithTies = 20;

/// P(sum = k) if each number is in the sum with probability 1/2.
std::vector<double> distribution_of_sum(std::span<const std::size_t> numbers) {
  std::vector<double> P{1.0};
  for (const std::size_t number : numbers) {
    std::vector<double> next(P.size() + number);
    for (std::size_t k = 0; k < P.size(); ++k) {
      next[k] += P[k] / 2;
      next[k + number] += P[k] / 2;
    }
    P = std::move(next);
  }
  return P;
}

}  // namespace

Wilcoxon wilcoxon(std::span<const double> d) {
  Wilcoxon result;
  std::vector<double> nonzero, magnitude;
  for (const double difference : d) {
    if (difference == 0) continue;
    nonzero.push_back(difference);
    magnitude.push_back(std::abs(difference));
  }
  result.n = static_cast<int>(nonzero.size());
  if (nonzero.empty() || !all_finite(nonzero)) return result;

  const auto [ranks, tie_term] = ranks_of(magnitude);
  result.W_plus = result.W_minus = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) (nonzero[i] > 0 ? result.W_plus : result.W_minus) += ranks[i];

  const bool is_plain = nonzero.size() == d.size() && tie_term == 0;
  result.exact = result.n <= (is_plain ? kMostExact : kMostExactWithTies);
  if (result.exact) {
    std::vector<std::size_t> twice;  // whole numbers, also for midranks
    twice.reserve(ranks.size());
    for (const double rank : ranks) twice.push_back(static_cast<std::size_t>(std::lround(2 * rank)));
    const auto P = distribution_of_sum(twice);
    const auto smaller = std::lround(2 * std::min(result.W_plus, result.W_minus));  // P is symmetric
    result.p = std::min(1.0, 2 * std::accumulate(P.begin(), P.begin() + smaller + 1, 0.0));
    return result;
  }
  const double n = result.n;
  const double s = std::sqrt(n * (n + 1) * (2 * n + 1) / 24 - tie_term / 48);
  const boost::math::normal standard;
  result.p = 2 * boost::math::cdf(complement(standard, std::abs(result.W_plus - n * (n + 1) / 4) / s));
  return result;
}

std::vector<double> signed_rank_distribution(int n) {
  if (n < 0) throw Bug(fmt::format("signed_rank_distribution of {} differences", n));
  std::vector<std::size_t> ranks(static_cast<std::size_t>(n));
  std::iota(ranks.begin(), ranks.end(), std::size_t{1});
  return distribution_of_sum(ranks);
}

}  // namespace chandelier

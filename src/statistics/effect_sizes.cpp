#include "statistics/effect_sizes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "statistics/all_finite.hpp"
#include "statistics/mann_whitney.hpp"
#include "statistics/quantiles.hpp"
#include "statistics/wilcoxon.hpp"

namespace chandelier {
namespace {

/// @param shifts  all pairwise estimates. P is the null distribution of how many of them lie above the true shift
Shift inverted(std::vector<double> shifts, std::span<const double> P, double confidence) {
  std::ranges::sort(shifts);
  Shift result;
  result.estimate = median(shifts);
  std::size_t c = 0;
  double tail = 0;  // P(count < c)
  while (c < P.size() && tail + P[c] <= (1 - confidence) / 2) tail += P[c++];
  if (c == 0) return result;
  result.low = shifts[c - 1];
  result.high = shifts[shifts.size() - c];
  result.confidence = 1 - 2 * tail;
  return result;
}

void check(double confidence) {
  if (!(confidence > 0 && confidence < 1)) throw Bug(fmt::format("hodges_lehmann at confidence {}", confidence));
}

}  // namespace

double matched_rank_biserial(std::span<const double> d) {
  const Wilcoxon test = wilcoxon(d);
  return (test.W_plus - test.W_minus) / (test.W_plus + test.W_minus);
}

double cliffs_delta(std::span<const double> x, std::span<const double> y) {
  return 2 * mann_whitney(x, y).U / (static_cast<double>(x.size()) * static_cast<double>(y.size())) - 1;
}

Shift hodges_lehmann(std::span<const double> d, double confidence) {
  check(confidence);
  if (!all_finite(d)) return {};
  std::vector<double> walsh_averages;
  for (std::size_t i = 0; i < d.size(); ++i)
    for (std::size_t j = i; j < d.size(); ++j) walsh_averages.push_back((d[i] + d[j]) / 2);
  return inverted(std::move(walsh_averages), signed_rank_distribution(static_cast<int>(d.size())), confidence);
}

Shift hodges_lehmann(std::span<const double> x, std::span<const double> y, double confidence) {
  check(confidence);
  if (!all_finite(x) || !all_finite(y)) return {};
  std::vector<double> differences;
  for (const double of_x : x)
    for (const double of_y : y) differences.push_back(of_x - of_y);
  const auto P = mann_whitney_distribution(static_cast<int>(x.size()), static_cast<int>(y.size()));
  return inverted(std::move(differences), P, confidence);
}

}  // namespace chandelier

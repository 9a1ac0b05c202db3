#include "statistics/bootstrap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <map>
#include <numeric>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "base/quantile.hpp"
#include "base/random.hpp"
#include "statistics/all_finite.hpp"
#include "statistics/paired.hpp"

namespace chandelier {
namespace {

constexpr std::size_t kFewestClusters = 20;

using Rows = std::vector<std::size_t>;

std::vector<Rows> rows_of_clusters(std::span<const int> cluster) {
  std::map<int, Rows> of;
  for (std::size_t row = 0; row < cluster.size(); ++row) of[cluster[row]].push_back(row);
  std::vector<Rows> clusters;
  clusters.reserve(of.size());
  for (auto& [_, rows] : of) clusters.push_back(std::move(rows));
  return clusters;
}

std::vector<double> resampled(const std::vector<Rows>& clusters, const RowStatistic& statistic,
                              const BootstrapSettings& settings) {
  std::vector<double> statistics;
  Rows rows;
  for (std::uint32_t resample = 0; resample < settings.resamples; ++resample) {
    KeyedRandom random(settings.seed, Purpose::bootstrap, 0, resample);
    const auto one_of = [&](const auto& values) -> const auto& {
      return values[random.below(static_cast<std::uint32_t>(values.size()))];
    };
    rows.clear();
    for (std::size_t k = 0; k < clusters.size(); ++k) {
      const Rows& chosen = one_of(clusters);
      for (std::size_t i = 0; i < chosen.size(); ++i) rows.push_back(one_of(chosen));
    }
    statistics.push_back(statistic(rows));
  }
  return statistics;
}

/// The acceleration a of Efron's BCa, from the leave-one-cluster-out statistics. NaN if they all agree.
double acceleration(const std::vector<Rows>& clusters, const RowStatistic& statistic) {
  std::vector<double> without;
  for (std::size_t left_out = 0; left_out < clusters.size(); ++left_out) {
    Rows rows;
    for (std::size_t k = 0; k < clusters.size(); ++k)
      if (k != left_out) rows.insert(rows.end(), clusters[k].begin(), clusters[k].end());
    without.push_back(statistic(rows));
  }
  const double mean = sample_mean(without);
  double squares = 0, cubes = 0;
  for (const double t : without) {
    const double u = mean - t;
    squares += u * u;
    cubes += u * u * u;
  }
  return cubes / (6 * std::pow(squares, 1.5));
}

/// The quantiles of t* at which the interval ends.
std::pair<double, double> bca_levels(std::span<const double> t_star, double t, double a, double alpha) {
  const boost::math::normal standard;
  const auto below = std::ranges::count_if(t_star, [&](double value) { return value < t; });
  const auto equal = std::ranges::count(t_star, t);
  const double share =
      (static_cast<double>(below) + static_cast<double>(equal) / 2) / static_cast<double>(t_star.size());
  if (!(share > 0 && share < 1) || !std::isfinite(a)) return {NAN, NAN};
  const double z0 = boost::math::quantile(standard, share);
  const auto level = [&](double tail) {
    const double z = z0 + boost::math::quantile(standard, tail);
    return boost::math::cdf(standard, z0 + z / (1 - a * z));
  };
  return {level(alpha / 2), level(1 - alpha / 2)};
}

}  // namespace

BootstrapInterval cluster_bootstrap(std::span<const int> cluster, const RowStatistic& statistic,
                                    const BootstrapSettings& settings) {
  if (!(settings.confidence > 0 && settings.confidence < 1) || settings.resamples == 0)
    throw Bug(
        fmt::format("cluster_bootstrap of {} resamples at confidence {}", settings.resamples, settings.confidence));
  BootstrapInterval result;
  if (cluster.empty()) return result;
  const std::vector<Rows> clusters = rows_of_clusters(cluster);
  Rows all(cluster.size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  result.estimate = statistic(all);

  result.bca = settings.bca && clusters.size() >= kFewestClusters;
  if (clusters.size() < kFewestClusters)
    result.warning =
        fmt::format("only {} clusters: with fewer than {} a bootstrap interval is too short{}", clusters.size(),
                    kFewestClusters, settings.bca ? ", and percentiles are used instead of BCa" : "");
  if (clusters.size() < 2) return result;

  const std::vector<double> t_star = resampled(clusters, statistic, settings);
  if (!std::isfinite(result.estimate) || !all_finite(t_star)) return result;
  if (std::ranges::max(t_star) == std::ranges::min(t_star)) return result;
  const double alpha = 1 - settings.confidence;
  const auto [low, high] = result.bca ? bca_levels(t_star, result.estimate, acceleration(clusters, statistic), alpha)
                                      : std::pair{alpha / 2, 1 - alpha / 2};
  if (std::isnan(low) || std::isnan(high)) return result;
  result.low = quantile(t_star, low);
  result.high = quantile(t_star, high);
  return result;
}

}  // namespace chandelier

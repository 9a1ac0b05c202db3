// Bootstrap interval for any statistic of clustered runs, such as the seeds of a draw.

#pragma once

#include <cmath>
#include <cstdint>
#include <functional>
#include <span>
#include <string>

namespace chandelier {

struct BootstrapSettings {
  double confidence = 0.95;          ///< above 0 and below 1
  std::uint32_t resamples = 10'000;  ///< at least 1
  std::uint64_t seed = 0;            ///< random numbers are keyed by (seed, number of the resample)
  bool bca = false;                  ///< bias-corrected and accelerated; otherwise percentiles
};

struct BootstrapInterval {
  double estimate = NAN;         ///< the statistic of all rows
  double low = NAN, high = NAN;  ///< NaN if there is no interval
  bool bca = false;              ///< otherwise percentiles
  std::string warning;           ///< a sentence if there are fewer than 20 clusters, otherwise empty

  bool has_interval() const { return low <= high; }
};

/// Computes a statistic from the given rows (runs). Each row is 0 ... n - 1 and may occur several times.
using RowStatistic = std::function<double(std::span<const std::size_t> rows)>;

/// Cluster bootstrap (Davison and Hinkley, Bootstrap Methods and their Application, 1997, section 3.8).
///
/// A resample draws as many clusters as there are, with replacement; then, within each, as many rows as it has, with
/// replacement. With t* the statistics of the resamples, t that of all rows and t_(k) that without cluster k,
///
///   percentile: low, high are the (1 - confidence)/2 and (1 + confidence)/2 quantiles of t*
///   BCa (Efron 1987): those at Phi(z0 + (z0 + z)/(1 - a (z0 + z))), z the normal quantile of each,
///     z0 = Phi^-1(#{t* < t}/R + #{t* = t}/2R),   a = sum_k u_k^3/(6 (sum_k u_k^2)^(3/2)),   u_k = mean_j t_(j) - t_(k)
///
/// With fewer than 20 clusters, percentiles are used instead of BCa, and a warning says so: a and z0 are then too
/// noisy. Any bootstrap interval is too short for so few clusters, by a factor of about sqrt((K - 1)/K) or more for K
/// clusters. Resampling rows within clusters adds to the variance between them. With one row per cluster this is the
/// plain bootstrap. Assumes independent clusters.
///
/// low and high are NaN with fewer than two clusters, if the statistic of a resample is not finite, if all resamples
/// agree (which is no sign of certainty), and for BCa also if t lies outside all t* or all t_(k) agree.
/// @param cluster  cluster of each row  @param statistic  computes the statistic from rows
BootstrapInterval cluster_bootstrap(std::span<const int> cluster, const RowStatistic& statistic,
                                    const BootstrapSettings& settings);

}  // namespace chandelier

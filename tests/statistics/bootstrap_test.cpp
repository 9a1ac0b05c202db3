#include "statistics/bootstrap.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <numeric>
#include <set>
#include <vector>

#include "base/error.hpp"
#include "base/random.hpp"
#include "statistics/paired.hpp"
#include "statistics/quantiles.hpp"
#include "stored_statistics.hpp"

namespace chandelier {
namespace {

RowStatistic mean_of(const Values& values) {
  return [&values](std::span<const std::size_t> rows) {
    double sum = 0;
    for (const std::size_t row : rows) sum += values[row];
    return sum / static_cast<double>(rows.size());
  };
}

/// Each row is its own cluster.
std::vector<int> singles(std::size_t n) {
  std::vector<int> cluster(n);
  std::iota(cluster.begin(), cluster.end(), 0);
  return cluster;
}

RowStatistic statistic_of(const std::string& name, const Values& values) {
  if (name == "mean") return mean_of(values);
  return [&values, name](std::span<const std::size_t> rows) {
    Values chosen;
    for (const std::size_t row : rows) chosen.push_back(values[row]);
    if (name == "median") return median(chosen);
    return sample_sd(chosen);
  };
}

// The biases of the median and of the standard deviation distinguish BCa from percentiles.
TEST(Bootstrap, AgreesWithScipyWithinMonteCarloError) {
  const auto cases = stored_statistics("bootstrap");
  for (const auto& expected : cases) {
    const Values values = expected["values"].get<Values>();
    const bool bca = expected["method"] == "BCa";
    const auto interval = cluster_bootstrap(singles(values.size()), statistic_of(expected["of"], values),
                                            {.confidence = 0.9, .resamples = 50000, .seed = 3, .bca = bca});
    EXPECT_EQ(interval.bca, bca);
    EXPECT_NEAR(interval.low, expected["low"].get<double>(), 0.005) << expected["of"] << bca;
    EXPECT_NEAR(interval.high, expected["high"].get<double>(), 0.005) << expected["of"] << bca;
    EXPECT_EQ(interval.warning, "");
  }
  EXPECT_EQ(cases.size(), 6U);
}

TEST(Bootstrap, ResamplesClustersThenRowsWithin) {
  const std::vector<int> cluster{7, 7, 2, 2, 2, 5};
  std::set<std::vector<int>> seen;
  bool within = false;
  cluster_bootstrap(cluster,
                    [&](std::span<const std::size_t> rows) {
                      std::vector<int> clusters;
                      for (std::size_t i = 0;
                           i < rows.size();) {  // a resampled cluster contributes as many rows as it has
                        const int of = cluster[rows[i]];
                        const auto size = static_cast<std::size_t>(std::ranges::count(cluster, of));
                        for (std::size_t j = i; j < i + size; ++j) EXPECT_EQ(cluster.at(rows[j]), of);
                        within = within || std::set(rows.begin() + i, rows.begin() + i + size).size() < size;
                        clusters.push_back(of);
                        i += size;
                      }
                      EXPECT_EQ(clusters.size(), 3U);
                      seen.insert(clusters);
                      return static_cast<double>(rows.size());
                    },
                    {.resamples = 2000});
  EXPECT_EQ(seen.size(), 27U) << "every choice of clusters";
  EXPECT_TRUE(within) << "rows are drawn with replacement";
}

TEST(Bootstrap, IsKeyedBySeed) {
  const Values values{1.1, 4.3, 2.9, 8.2, 5.7, 7.5};
  const auto low = [&](std::uint64_t seed) {
    return cluster_bootstrap(singles(6), mean_of(values), {.resamples = 200, .seed = seed}).low;
  };
  EXPECT_EQ(low(1), low(1));
  EXPECT_NE(low(1), low(2));
}

TEST(Bootstrap, WarnsBelow20Clusters) {
  Values values(20);
  std::iota(values.begin(), values.end(), 0.0);
  const auto interval = [&](std::size_t n, bool bca) {
    return cluster_bootstrap(singles(n), mean_of(values), {.resamples = 500, .bca = bca});
  };
  EXPECT_EQ(interval(19, false).warning, "only 19 clusters: with fewer than 20 a bootstrap interval is too short");
  EXPECT_EQ(interval(19, true).warning,
            "only 19 clusters: with fewer than 20 a bootstrap interval is too short, and percentiles are used instead "
            "of BCa");
  EXPECT_FALSE(interval(19, true).bca);
  EXPECT_EQ(interval(19, true).low, interval(19, false).low);
  EXPECT_TRUE(interval(20, true).bca);
  EXPECT_EQ(interval(20, true).warning, "");
  EXPECT_TRUE(interval(20, true).has_interval());
}

TEST(Bootstrap, IsUndefinedWhereNothingVaries) {
  const auto undefined = [](const std::vector<int>& cluster, const RowStatistic& statistic, bool bca = false) {
    return !cluster_bootstrap(cluster, statistic, {.resamples = 100, .bca = bca}).has_interval();
  };
  const Values values{1, 2, 4}, equal(30, 10.0);
  EXPECT_FALSE(undefined({0, 1, 2}, mean_of(values)));
  EXPECT_TRUE(std::isnan(cluster_bootstrap({}, [](auto) { return 1.0; }, {}).estimate)) << "no rows";
  EXPECT_TRUE(undefined({0, 0, 0}, mean_of(values))) << "one cluster";
  EXPECT_TRUE(undefined(singles(30), mean_of(equal)));
  const auto nan_of_some = [](auto rows) { return rows[0] == 1 ? NAN : static_cast<double>(rows[0]); };
  EXPECT_TRUE(undefined(singles(30), nan_of_some)) << "some resamples";
  const auto nan_of_all = [](auto rows) { return std::ranges::is_sorted(rows) ? NAN : static_cast<double>(rows[0]); };
  EXPECT_TRUE(undefined(singles(30), nan_of_all)) << "the estimate";
  const auto largest = [](auto rows) { return rows.size() < 30 ? 1.0 : static_cast<double>(rows[0] + rows[1]); };
  EXPECT_FALSE(undefined(singles(30), largest));
  EXPECT_TRUE(undefined(singles(30), largest, true)) << "no difference between clusters left out";
  const auto above = [](auto rows) {
    return rows.size() == 30 && std::ranges::is_sorted(rows) ? 100.0 : static_cast<double>(rows[0]);
  };
  EXPECT_TRUE(undefined(singles(30), above, true)) << "the estimate is above all resamples";

  EXPECT_THROW(cluster_bootstrap(singles(3), mean_of(values), {.resamples = 0}), Bug);
  EXPECT_THROW(cluster_bootstrap(singles(3), mean_of(values), {.confidence = 1}), Bug);
  EXPECT_THROW(cluster_bootstrap(singles(3), mean_of(values), {.confidence = 0}), Bug);
}

// 25 draws of 3 seeds that share most of their variance: a bootstrap of rows would cover less than 80 %.
TEST(Bootstrap, CoversTheTruthOfClustersAsOftenAsItSays) {
  constexpr int studies = 1200;
  int percentile = 0, bca = 0;
  for (std::uint32_t study = 0; study < studies; ++study) {
    KeyedRandom random(1, Purpose::shuffle, 10, study);
    Values values;
    std::vector<int> cluster;
    for (int draw = 0; draw < 25; ++draw) {
      const double shared = 2 * random.normal();
      for (int seed = 0; seed < 3; ++seed) {
        values.push_back(0.7 + shared + random.normal());
        cluster.push_back(draw);
      }
    }
    const auto covers = [&](bool with_bca) {
      const auto interval =
          cluster_bootstrap(cluster, mean_of(values), {.resamples = 300, .seed = study, .bca = with_bca});
      return interval.low <= 0.7 && 0.7 <= interval.high;
    };
    percentile += covers(false);
    bca += covers(true);
  }
  const double error = std::sqrt(0.05 * 0.95 / studies);
  EXPECT_NEAR(percentile / double{studies}, 0.94,
              4 * error);  // a little short, as expected of percentiles with 25 clusters
  EXPECT_NEAR(bca / double{studies}, 0.94, 4 * error);
}

}  // namespace
}  // namespace chandelier

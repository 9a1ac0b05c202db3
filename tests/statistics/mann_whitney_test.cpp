#include "statistics/mann_whitney.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cstdint>
#include <numeric>

#include "base/error.hpp"
#include "base/random.hpp"
#include "statistics/ranks.hpp"
#include "stored_statistics.hpp"

namespace chandelier {
namespace {

TEST(Ranks, OfEqualValuesAreTheirMean) {
  const Ranks r = ranks_of(Values{3, 1, 3, 3, 0, 1});
  EXPECT_EQ(r.ranks, (Values{5, 2.5, 5, 5, 1, 2.5}));
  EXPECT_EQ(r.tie_term, 24 + 6);
  EXPECT_TRUE(ranks_of({}).ranks.empty());
}

TEST(MannWhitney, AgreesWithScipy) {
  int exact = 0;
  const auto cases = stored_statistics("mann_whitney");
  for (const auto& expected : cases) {
    const MannWhitney test = mann_whitney(expected["x"].get<Values>(), expected["y"].get<Values>());
    EXPECT_EQ(test.U, expected["statistic"].get<double>());
    EXPECT_NEAR(test.p, expected["p"].get<double>(), 1e-11 * expected["p"].get<double>()) << expected;
    exact += test.exact;
  }
  EXPECT_EQ(cases.size(), 12U);
  EXPECT_EQ(exact, 5);
}

TEST(MannWhitney, CountsTheOrdersOfSmallSamples) {
  constexpr int m = 4, n = 5;
  std::vector<double> counts(m * n + 1);
  double orders = 0;
  for (std::uint32_t chosen = 0; chosen < 1U << (m + n); ++chosen) {  // positions of x among all values
    if (std::popcount(chosen) != m) continue;
    int U = 0, smaller = 0;
    for (int place = 0; place < m + n; ++place) (chosen >> place & 1) != 0 ? U += smaller : ++smaller;
    ++counts[static_cast<std::size_t>(U)];
    ++orders;
  }
  const auto P = mann_whitney_distribution(m, n);
  ASSERT_EQ(P.size(), counts.size());
  for (std::size_t k = 0; k < P.size(); ++k) EXPECT_NEAR(P[k], counts[k] / orders, 1e-15);

  const auto large = mann_whitney_distribution(60, 50);
  EXPECT_NEAR(std::accumulate(large.begin(), large.end(), 0.0), 1.0, 1e-12);
  for (std::size_t k = 0; k < large.size(); ++k) EXPECT_NEAR(large[k], large[large.size() - 1 - k], 1e-12 * large[k]);
}

TEST(MannWhitney, OfTheOtherOrderIsTheSameTest) {
  const Values x{1, 4, 4, 6}, y{2, 4, 7, 8, 9};
  EXPECT_EQ(mann_whitney(x, y).U + mann_whitney(y, x).U, 20.0);
  EXPECT_EQ(mann_whitney(x, y).p, mann_whitney(y, x).p);
}

TEST(MannWhitney, OfTheMiddleIsCertain) { EXPECT_EQ(mann_whitney(Values{1, 4}, Values{2, 3}).p, 1.0); }

TEST(MannWhitney, IsUndefinedWithoutNumbers) {
  for (const auto& [x, y] :
       {std::pair{Values{}, Values{1}}, {Values{1}, {}}, {Values{1, NAN}, {2}}, {{1}, {INFINITY}}}) {
    EXPECT_TRUE(std::isnan(mann_whitney(x, y).U));
    EXPECT_TRUE(std::isnan(mann_whitney(x, y).p));
  }
  EXPECT_THROW(mann_whitney_distribution(-1, 2), Bug);
}

// Exact tests reject at most as often as their level; the normal approximation about as often, also with ties.
TEST(MannWhitney, RejectsAsOftenAsItSays) {
  constexpr int studies = 5000;
  int exact = 0, normal = 0, tied = 0, collapsed = 0;
  for (std::uint32_t study = 0; study < studies; ++study) {
    KeyedRandom random(1, Purpose::shuffle, 1, study);
    const auto sample = [&](std::size_t n, double unit) {
      Values values(n);
      for (double& value : values) value = unit > 0 ? unit * std::round(random.normal() / unit) : random.normal();
      return values;
    };
    exact += mann_whitney(sample(7, 0), sample(8, 0)).p <= 0.05;
    normal += mann_whitney(sample(20, 0), sample(15, 0)).p <= 0.05;
    tied += mann_whitney(sample(20, 0.7), sample(15, 0.7)).p <= 0.05;
    Values x = sample(30, 0), y = sample(30, 0);  // runs at chance, all equal
    for (Values* values : {&x, &y})
      for (double& value : *values)
        if (random.uniform() < 0.4) value = -9;
    collapsed += mann_whitney(x, y).p <= 0.05;
  }
  const double error = std::sqrt(0.05 * 0.95 / studies);
  double attained = 0;  // the largest possible P(p <= 0.05), since p is coarse
  for (const double P : mann_whitney_distribution(7, 8)) {
    if (attained + P > 0.025) break;
    attained += P;
  }
  EXPECT_NEAR(exact / double{studies}, 2 * attained, 4 * error);
  EXPECT_NEAR(normal / double{studies}, 0.048, 4 * error);  // the continuity correction keeps it below 0.05
  EXPECT_NEAR(tied / double{studies}, 0.048, 4 * error);
  EXPECT_NEAR(collapsed / double{studies}, 0.048, 4 * error);
}

}  // namespace
}  // namespace chandelier

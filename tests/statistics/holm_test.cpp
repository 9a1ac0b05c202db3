#include "statistics/holm.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <boost/math/distributions/normal.hpp>
#include <cmath>
#include <cstdint>

#include "base/error.hpp"
#include "base/random.hpp"

namespace chandelier {
namespace {

using Values = std::vector<double>;

TEST(Holm, MultipliesStepByStep) {
  const Values adjusted = holm_adjusted(Values{0.01, 0.04, 0.03, 0.005});
  const Values expected{0.03, 0.06, 0.06, 0.02};
  for (std::size_t i = 0; i < expected.size(); ++i) EXPECT_DOUBLE_EQ(adjusted[i], expected[i]);
  EXPECT_TRUE(holm_adjusted({}).empty());
}

// Holm's test is the closed test with Bonferroni tests of all intersections.
TEST(Holm, IsTheClosureOfBonferroni) {
  for (std::uint32_t family = 0; family < 50; ++family) {
    KeyedRandom random(1, Purpose::shuffle, 5, family);
    Values p(5);
    for (double& value : p) value = std::round(10 * random.uniform()) / 10;  // with ties
    const Values adjusted = holm_adjusted(p);
    for (std::size_t i = 0; i < p.size(); ++i) {
      double largest = 0;
      for (std::uint32_t set = 0; set < 32; ++set) {
        if ((set >> i & 1) == 0) continue;
        double smallest = 1;
        for (std::size_t j = 0; j < p.size(); ++j)
          if ((set >> j & 1) != 0) smallest = std::min(smallest, p[j]);
        largest = std::max(largest, std::min(1.0, std::popcount(set) * smallest));
      }
      EXPECT_DOUBLE_EQ(adjusted[i], largest);
    }
  }
}

TEST(Holm, CountsTestsThatWereNotPossible) {
  const Values adjusted = holm_adjusted(Values{0.02, NAN, 0.01});
  EXPECT_DOUBLE_EQ(adjusted[0], 0.04);
  EXPECT_TRUE(std::isnan(adjusted[1]));
  EXPECT_DOUBLE_EQ(adjusted[2], 0.03);
}

TEST(Holm, RefusesWhatIsNoProbability) {
  EXPECT_THROW(holm_adjusted(Values{0.5, 1.5}), Bug);
  EXPECT_THROW(holm_adjusted(Values{-0.1}), Bug);
  EXPECT_THROW(simultaneous_level(1.0, 3), Bug);
  EXPECT_THROW(simultaneous_level(0.0, 3), Bug);
  EXPECT_THROW(simultaneous_level(0.95, 0), Bug);
}

// Six comparisons with a shared condition, three of them without a true difference.
TEST(Holm, ErrsAnywhereAsRarelyAsItSaysAndItsIntervalsHoldTogether) {
  constexpr int studies = 10000, m = 6;
  const boost::math::normal standard;
  const double z = quantile(complement(standard, (1 - simultaneous_level(0.95, m)) / 2));
  int wrong = 0, all_covered = 0, all_null_wrong = 0;
  for (std::uint32_t study = 0; study < studies; ++study) {
    KeyedRandom random(1, Purpose::shuffle, 6, study);
    const double shared = random.normal();
    Values p, p_null;
    bool covered = true, excludes_zero[m];
    for (int i = 0; i < m; ++i) {
      const double truth = i < 3 ? 0 : 3, noise = (random.normal() + 0.5 * shared) / std::sqrt(1.25);
      p.push_back(2 * cdf(complement(standard, std::abs(truth + noise))));
      p_null.push_back(2 * cdf(complement(standard, std::abs(noise))));
      covered = covered && std::abs(noise) <= z;
      excludes_zero[i] = std::abs(truth + noise) > z;
    }
    all_covered += covered;
    const Values adjusted = holm_adjusted(p);
    wrong += std::min({adjusted[0], adjusted[1], adjusted[2]}) <= 0.05;
    all_null_wrong += std::ranges::min(holm_adjusted(p_null)) <= 0.05;
    for (std::size_t i = 0; i < m; ++i)
      EXPECT_TRUE(!excludes_zero[i] || adjusted[i] <= 0.05) << "the interval excludes zero, but Holm does not reject";
  }
  const double error = std::sqrt(0.05 * 0.95 / studies);
  EXPECT_LE(wrong / double{studies}, 0.05 + 4 * error);
  EXPECT_NEAR(all_null_wrong / double{studies}, 0.047, 4 * error);  // a little below 0.05: the tests are correlated
  EXPECT_NEAR(all_covered / double{studies}, 0.953, 4 * error);
}

}  // namespace
}  // namespace chandelier

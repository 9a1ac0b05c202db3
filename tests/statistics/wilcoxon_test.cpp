#include "statistics/wilcoxon.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>

#include "base/error.hpp"
#include "base/random.hpp"
#include "statistics/ranks.hpp"
#include "stored_statistics.hpp"

namespace chandelier {
namespace {

/// Whether no two values are equal in magnitude.
bool has_whole_ranks(const Values& d) {
  Values magnitudes;
  for (const double difference : d) magnitudes.push_back(std::abs(difference));
  std::ranges::sort(magnitudes);
  return std::ranges::adjacent_find(magnitudes) == magnitudes.end();
}

/// p by enumeration of all signs of the ranks.
double enumerated(const Values& d) {
  Values nonzero, magnitudes;
  for (const double difference : d)
    if (difference != 0) {
      nonzero.push_back(difference);
      magnitudes.push_back(std::abs(difference));
    }
  const Values ranks = ranks_of(magnitudes).ranks;
  const double middle = std::accumulate(ranks.begin(), ranks.end(), 0.0) / 2;
  double W = 0;
  for (std::size_t i = 0; i < ranks.size(); ++i) W += nonzero[i] > 0 ? ranks[i] : 0;
  int as_far = 0;
  for (std::uint32_t signs = 0; signs < 1U << ranks.size(); ++signs) {
    double sum = 0;
    for (std::size_t i = 0; i < ranks.size(); ++i) sum += (signs >> i & 1) != 0 ? ranks[i] : 0;
    as_far += std::abs(sum - middle) >= std::abs(W - middle);
  }
  return as_far / std::exp2(static_cast<double>(ranks.size()));
}

TEST(Wilcoxon, IsExactWithTiesAndZeros) {
  EXPECT_EQ(wilcoxon(Values{2, 2, 2, 2, 2}).p, 0.0625) << "the smallest p possible with five signs";
  for (std::uint32_t sample = 0; sample < 200; ++sample) {
    KeyedRandom random(5, Purpose::shuffle, 3, sample);
    Values d(1 + random.below(12));
    for (double& difference : d) difference = static_cast<double>(random.below(9)) - 3;
    const Wilcoxon test = wilcoxon(d);
    if (test.n == 0) continue;
    EXPECT_TRUE(test.exact);
    EXPECT_NEAR(test.p, enumerated(d), 1e-12);
  }
  EXPECT_TRUE(wilcoxon(Values(20, 1.0)).exact);
  EXPECT_FALSE(wilcoxon(Values(21, 1.0)).exact);
  EXPECT_EQ(wilcoxon(Values(20, 1.0)).p, std::exp2(-19));
}

TEST(Wilcoxon, AgreesWithScipy) {
  int exact = 0;
  const auto cases = stored_statistics("wilcoxon");
  for (const auto& expected : cases) {
    const Wilcoxon test = wilcoxon(expected["d"].get<Values>());
    EXPECT_EQ(std::min(test.W_plus, test.W_minus), expected["statistic"].get<double>());
    const bool is_plain = test.n == static_cast<int>(expected["d"].size());
    if (test.exact && (!is_plain || !has_whole_ranks(expected["d"].get<Values>())))
      continue;  // SciPy uses the approximation here
    EXPECT_NEAR(test.p, expected["p"].get<double>(), 1e-11 * expected["p"].get<double>()) << expected;
    exact += test.exact;
  }
  EXPECT_EQ(cases.size(), 12U);
  EXPECT_GE(exact, 7);
}

TEST(Wilcoxon, CountsTheSignsOfFewDifferences) {
  constexpr int n = 7;
  Values counts(n * (n + 1) / 2 + 1);
  for (std::uint32_t signs = 0; signs < 1U << n; ++signs) {
    std::size_t W_plus = 0;
    for (std::size_t i = 0; i < n; ++i) W_plus += (signs >> i & 1) * (i + 1);
    ++counts[W_plus];
  }
  const auto P = signed_rank_distribution(n);
  ASSERT_EQ(P.size(), counts.size());
  for (std::size_t k = 0; k < P.size(); ++k) EXPECT_EQ(P[k], counts[k] / (1 << n));
  EXPECT_THROW(signed_rank_distribution(-1), Bug);
}

TEST(Wilcoxon, LeavesZerosOut) {
  const Wilcoxon test = wilcoxon(Values{0, 3, -1, 0, 2, 5});
  EXPECT_EQ(test.n, 4);
  EXPECT_EQ(test.W_plus, 9.0);
  EXPECT_EQ(test.W_minus, 1.0);
  EXPECT_TRUE(test.exact);
}

TEST(Wilcoxon, OfTheMiddleIsCertain) { EXPECT_EQ(wilcoxon(Values{1, 2, -3}).p, 1.0); }

TEST(Wilcoxon, IsUndefinedWithoutADifference) {
  for (const Values& d : {Values{}, Values{0, 0, 0}, Values{1, NAN}, Values{1, -INFINITY}}) {
    EXPECT_TRUE(std::isnan(wilcoxon(d).p));
    EXPECT_TRUE(std::isnan(wilcoxon(d).W_plus));
    EXPECT_TRUE(std::isnan(wilcoxon(d).W_minus));
  }
}

// Differences of pairs that share most of their variance.
TEST(Wilcoxon, RejectsAsOftenAsItSays) {
  constexpr int studies = 5000;
  int exact = 0, normal = 0, tied = 0;
  for (std::uint32_t study = 0; study < studies; ++study) {
    KeyedRandom random(1, Purpose::shuffle, 2, study);
    const auto differences = [&](std::size_t n, double unit) {
      Values d(n);
      for (double& difference : d) {
        const double shared = 3 * random.normal(), a = shared + random.normal(), b = shared + random.normal();
        difference = unit > 0 ? std::round(a / unit) - std::round(b / unit) : a - b;
      }
      return d;
    };
    exact += wilcoxon(differences(9, 0)).p <= 0.05;
    normal += wilcoxon(differences(51, 0)).p <= 0.05;
    tied += wilcoxon(differences(30, 0.5)).p <= 0.05;
  }
  const double error = std::sqrt(0.05 * 0.95 / studies);
  double attained = 0;  // the largest possible P(p <= 0.05), since p is coarse
  for (const double P : signed_rank_distribution(9)) {
    if (attained + P > 0.025) break;
    attained += P;
  }
  EXPECT_NEAR(exact / double{studies}, 2 * attained, 4 * error);
  EXPECT_NEAR(normal / double{studies}, 0.05, 4 * error);
  EXPECT_NEAR(tied / double{studies}, 0.05, 4 * error);
}

}  // namespace
}  // namespace chandelier

#include "statistics/wilcoxon.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "base/error.hpp"
#include "base/random.hpp"
#include "stored_statistics.hpp"

namespace chandelier {
namespace {

TEST(Wilcoxon, AgreesWithScipy) {
  int exact = 0;
  const auto cases = stored_statistics("wilcoxon");
  for (const auto& expected : cases) {
    const Wilcoxon test = wilcoxon(expected["d"].get<Values>());
    EXPECT_EQ(std::min(test.W_plus, test.W_minus), expected["statistic"].get<double>());
    EXPECT_NEAR(test.p, expected["p"].get<double>(), 1e-11 * expected["p"].get<double>()) << expected;
    exact += test.exact;
  }
  EXPECT_EQ(cases.size(), 12U);
  EXPECT_EQ(exact, 7);
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
  EXPECT_FALSE(test.exact);
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
  double attained = 0;  // the largest P(p <= 0.05) there is: p is coarse
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

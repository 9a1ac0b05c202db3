#include "statistics/equivalence.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "base/error.hpp"
#include "base/random.hpp"
#include "stored_statistics.hpp"

namespace chandelier {
namespace {

TEST(Equivalence, AgreesWithScipy) {
  const auto cases = stored_statistics("equivalence");
  for (const auto& expected : cases) {
    const double alpha = expected["alpha"];
    const Equivalence test =
        equivalence(expected["a"].get<Values>(), expected["b"].get<Values>(), expected["margin"], alpha);
    EXPECT_NEAR(test.p, expected["p"].get<double>(), 1e-9 * expected["p"].get<double>());
    EXPECT_NEAR(test.difference.low, expected["low"].get<double>(), 1e-9);
    EXPECT_NEAR(test.difference.high, expected["high"].get<double>(), 1e-9);
    EXPECT_EQ(test.equivalent, expected["p"].get<double>() < alpha);
  }
  EXPECT_EQ(cases.size(), 4U);
}

TEST(Equivalence, IsUndefinedWithoutAnInterval) {
  for (const Values& a : {Values{}, Values{1}, Values{1, 1}, Values{1, NAN}}) {
    const Equivalence test = equivalence(a, Values(a.size()), 2, 0.05);
    EXPECT_TRUE(std::isnan(test.p));
    EXPECT_FALSE(test.equivalent);
  }
  const Values a{1, 2};
  for (const double margin : {0.0, -1.0, double{NAN}, double{INFINITY}})
    EXPECT_THROW(equivalence(a, a, margin, 0.05), Bug);
  for (const double alpha : {0.0, 0.5}) EXPECT_THROW(equivalence(a, a, 1, alpha), Bug);
  EXPECT_THROW(equivalence(a, Values{1}, 1, 0.05), Bug);
}

// Pairs that share most of their variance, with a true difference at the margin, above and below.
TEST(Equivalence, ErrsAsOftenAsItSays) {
  constexpr int studies = 10000;
  constexpr double margin = 2;
  int wrong = 0, covered = 0;
  for (std::uint32_t study = 0; study < studies; ++study) {
    KeyedRandom random(1, Purpose::shuffle, 7, study);
    const double truth = study % 2 == 0 ? margin : -margin;
    Values a(12), b(12);
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double shared = 80 + 3 * random.normal();
      a[i] = shared + random.normal() + truth;
      b[i] = shared + random.normal();
    }
    const Equivalence test = equivalence(a, b, margin, 0.05);
    wrong += test.equivalent;
    covered += test.difference.low <= truth && truth <= test.difference.high;
    EXPECT_EQ(test.equivalent, -margin < test.difference.low && test.difference.high < margin);
  }
  EXPECT_NEAR(wrong / double{studies}, 0.05, 4 * std::sqrt(0.05 * 0.95 / studies));
  EXPECT_NEAR(covered / double{studies}, 0.90, 4 * std::sqrt(0.1 * 0.9 / studies));
}

}  // namespace
}  // namespace chandelier

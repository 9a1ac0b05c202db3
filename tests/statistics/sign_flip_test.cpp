#include "statistics/sign_flip.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>

#include "base/error.hpp"
#include "base/random.hpp"
#include "stored_statistics.hpp"

namespace chandelier {
namespace {

SignFlip ungrouped(const Values& d, std::uint32_t draws = 999, std::uint64_t seed = 0) {
  return sign_flip_test(d, Values(d.size()), draws, seed);
}

TEST(SignFlip, AgreesWithScipy) {
  const auto cases = stored_statistics("sign_flip");
  for (const auto& expected : cases) {
    const SignFlip test = sign_flip_test(expected["d"].get<Values>(), expected["group"].get<Values>(), 1, 0);
    EXPECT_TRUE(test.exact);
    EXPECT_NEAR(test.mean, expected["statistic"].get<double>(), 1e-14);
    EXPECT_NEAR(test.p, expected["p"].get<double>(), 1e-14) << expected;
  }
  EXPECT_EQ(cases.size(), 5U);
}

TEST(SignFlip, CountsEveryGroupTheSame) {
  EXPECT_DOUBLE_EQ(sign_flip_test(Values{1, 1, 1, 5}, Values{0, 0, 0, 0.75}, 1, 0).mean, 3.0);
}

// Sums that are equal as whole numbers differ by rounding as tenths.
TEST(SignFlip, SeesEqualSumsThroughRounding) {
  for (std::uint32_t study = 0; study < 50; ++study) {
    KeyedRandom random(1, Purpose::shuffle, 11, study);
    Values whole(8), tenths(8);
    for (std::size_t i = 0; i < whole.size(); ++i) {
      whole[i] = 5.0 - random.below(10);
      tenths[i] = whole[i] / 10;
    }
    EXPECT_EQ(ungrouped(tenths).p, ungrouped(whole).p);
  }
}

TEST(SignFlip, EnumeratesUpTo16Differences) {
  Values d(16, 0.5);
  EXPECT_TRUE(ungrouped(d).exact);
  EXPECT_EQ(ungrouped(d).p, 1.0 / 32768);
  d.insert(d.end(), 10, 0.0);
  EXPECT_EQ(ungrouped(d).p, 1.0 / 32768) << "zeros have no sign";
  d.push_back(0.5);
  EXPECT_FALSE(ungrouped(d).exact);
  EXPECT_EQ(ungrouped(d).p, 1.0 / 1000) << "never 0";
}

TEST(SignFlip, DrawsApproachTheEnumeration) {
  KeyedRandom random(1, Purpose::shuffle, 3, 0);
  Values d(16);
  for (double& difference : d) difference = random.normal() + 0.4;
  const double exact = ungrouped(d).p;
  d.push_back(1e-9);  // more than are enumerated
  const SignFlip drawn = ungrouped(d, 20000, 5);
  EXPECT_FALSE(drawn.exact);
  EXPECT_NEAR(drawn.p, exact, 4 * std::sqrt(exact * (1 - exact) / 20000));
  EXPECT_EQ(drawn.p, ungrouped(d, 20000, 5).p);
  EXPECT_NE(drawn.p, ungrouped(d, 20000, 6).p);

  Values wide(70);  // more signs than a word has bits
  for (double& difference : wide) difference = random.normal() + 0.2;
  double mean = 0, squares = 0;
  for (const double difference : wide) mean += difference / 70, squares += difference * difference;
  const double normal = std::erfc(std::abs(mean) * 70 / std::sqrt(2 * squares));
  EXPECT_NEAR(ungrouped(wide, 20000).p, normal, 4 * std::sqrt(normal / 20000) + 0.003);
}

TEST(SignFlip, IsUndefinedWithoutADifference) {
  EXPECT_TRUE(std::isnan(ungrouped({}).mean));
  EXPECT_EQ(ungrouped({0, 0}).mean, 0.0);
  for (const Values& d : {Values{}, Values{0, 0}, Values{1, NAN}, Values{1, INFINITY}})
    EXPECT_TRUE(std::isnan(ungrouped(d).p));
  EXPECT_TRUE(std::isnan(sign_flip_test(Values{1, 2}, Values{0, NAN}, 9, 0).p));
  EXPECT_THROW(sign_flip_test(Values{1, 2}, Values{0}, 9, 0), Bug);
  EXPECT_THROW(ungrouped({1, 2}, 0), Bug);
}

// Skewed values keep the level too: differences of identically distributed values are symmetric.
TEST(SignFlip, RejectsAsOftenAsItSays) {
  constexpr int studies = 4000;
  int exact = 0, drawn = 0, tied = 0;
  for (std::uint32_t study = 0; study < studies; ++study) {
    KeyedRandom random(1, Purpose::shuffle, 4, study);
    const auto differences = [&](std::size_t n, bool round) {
      Values d(n);
      for (double& difference : d) {
        const double shared = 3 * random.normal();
        const double a = shared - std::log(random.uniform()), b = shared - std::log(random.uniform());
        difference = round ? std::round(a) - std::round(b) : a - b;
      }
      return d;
    };
    const Values groups{0, 0, 0, 0, 0.25, 0.25, 0.5, 0.5, 0.5};
    exact += sign_flip_test(differences(9, false), groups, 1, 0).p <= 0.05;
    tied += sign_flip_test(differences(9, true), groups, 1, 0).p <= 0.05;
    drawn += ungrouped(differences(20, false), 99, study).p <= 0.05;
  }
  const double error = std::sqrt(0.05 * 0.95 / studies);
  EXPECT_NEAR(exact / double{studies}, 12.0 / 256, 4 * error);
  EXPECT_LE(tied / double{studies}, 0.05 + 4 * error);
  EXPECT_GE(tied / double{studies}, 0.02);
  EXPECT_NEAR(drawn / double{studies}, 0.05, 4 * error);
}

}  // namespace
}  // namespace chandelier

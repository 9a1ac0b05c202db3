#include "statistics/paired.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "base/random.hpp"

namespace chandelier {
namespace {

struct ScipyCase {
  std::vector<double> a, b;
  double confidence;
  double mean, sd, low, high, p;
};

// Computed by tests/statistics/paired.py with SciPy 1.10.1.
const std::vector<ScipyCase> scipy_cases{
    {{77.4, 77.9, 76.8, 77.1, 77.6, 77.5},
     {72.4, 73.1, 71.2, 72.3, 72.2, 72.4},
     0.95,
     5.11666666667,
     0.325064096244,
     4.77553281869,
     5.45780051465,
     2.21161792641e-07},
    {{77.4, 77.9, 76.8, 77.1, 77.6, 77.5},
     {77.5, 77.7, 77.1, 77.0, 77.9, 77.4},
     0.9875,
     -0.05,
     0.216794833887,
     -0.387208734368,
     0.287208734368,
     0.596523762126},
    {{1.0, 2.5}, {0.5, 3.25}, 0.99, -0.125, 0.883883476483, -39.9104632268, 39.6604632268, 0.874334083622},
    {{0.1, 0.4, 0.2},
     {0.3, 0.9, 0.35},
     0.5,
     -0.283333333333,
     0.18929694486,
     -0.372568768912,
     -0.194097897754,
     0.12212377486},
};

TEST(PairedDifference, AgreesWithScipy) {
  for (const ScipyCase& expected : scipy_cases) {
    const PairedDifference d = paired_difference(expected.a, expected.b, expected.confidence);
    const auto near = [](double value, double reference) {
      EXPECT_NEAR(value, reference, 1e-10 * std::abs(reference));
    };
    EXPECT_EQ(d.n, static_cast<int>(expected.a.size()));
    near(d.mean, expected.mean);
    near(d.sd, expected.sd);
    near(d.low, expected.low);
    near(d.high, expected.high);
    near(d.p, expected.p);
    near(d.dz, expected.mean / expected.sd);
  }
}

TEST(PairedDifference, CountsThePositive) {
  EXPECT_EQ(paired_difference(std::vector{3.0, 1.0, 2.0}, std::vector{1.0, 2.0, 2.0}, 0.95).positive, 1);
}

void expect_no_interval(const PairedDifference& d) {
  EXPECT_FALSE(d.has_interval());
  EXPECT_FALSE(d.above_zero());
  EXPECT_FALSE(d.below_zero());
  for (const double value : {d.low, d.high, d.p, d.dz}) EXPECT_TRUE(std::isnan(value));
}

TEST(PairedDifference, OfNoPairIsNothing) {
  const PairedDifference d = paired_difference({}, {}, 0.95);
  EXPECT_EQ(d.n, 0);
  EXPECT_TRUE(std::isnan(d.mean));
  EXPECT_TRUE(std::isnan(d.sd));
  expect_no_interval(d);
}

TEST(PairedDifference, OfOnePairHasAMeanButNoInterval) {
  const PairedDifference d = paired_difference(std::vector{3.0}, std::vector{1.0}, 0.95);
  EXPECT_EQ(d.n, 1);
  EXPECT_EQ(d.mean, 2.0);
  EXPECT_EQ(d.positive, 1);
  EXPECT_TRUE(std::isnan(d.sd));
  expect_no_interval(d);
}

TEST(PairedDifference, EqualDifferencesAreNoCertainty) {
  const PairedDifference chance = paired_difference(std::vector(4, 10.0), std::vector(4, 10.0), 0.95);
  EXPECT_EQ(chance.mean, 0.0);
  EXPECT_EQ(chance.sd, 0.0);
  expect_no_interval(chance);

  const PairedDifference rounded =
      paired_difference(std::vector{77.3, 77.4, 77.6}, std::vector{72.1, 72.2, 72.4}, 0.95);
  EXPECT_NE(rounded.sd, 0.0) << "the differences are equal only up to rounding";
  EXPECT_NEAR(rounded.mean, 5.2, 1e-12);
  expect_no_interval(rounded);
}

TEST(PairedDifference, OfWhatIsNoNumberHasNoInterval) {
  const double nan = std::numeric_limits<double>::quiet_NaN(), infinity = std::numeric_limits<double>::infinity();
  expect_no_interval(paired_difference(std::vector{1.0, nan, 2.0}, std::vector{0.0, 0.5, 0.0}, 0.95));
  expect_no_interval(paired_difference(std::vector{1.0, infinity, 2.0}, std::vector{0.0, 0.5, 0.0}, 0.95));
}

TEST(PairedDifference, RefusesUnequalLengthsAndImpossibleConfidence) {
  EXPECT_THROW(paired_difference(std::vector{1.0, 2.0}, std::vector{1.0}, 0.95), Bug);
  EXPECT_THROW(paired_difference(std::vector{1.0, 2.0}, std::vector{1.0, 3.0}, 1.0), Bug);
  EXPECT_THROW(paired_difference(std::vector{1.0, 2.0}, std::vector{1.0, 3.0}, 0.0), Bug);
}

// Four pairs that share most of their variance: a normal quantile covers about 85 %, the formula of unpaired samples
// more than 99 %, the divisor n about 92 %.
TEST(PairedDifference, CoversTheTruthAsOftenAsItSays) {
  constexpr int studies = 20000, pairs = 4;
  constexpr double truth = 0.7;
  int covered = 0, rejected = 0;
  for (std::uint32_t study = 0; study < studies; ++study) {
    KeyedRandom random(1, Purpose::shuffle, 0, study);
    std::vector<double> a, b, shifted;
    for (int i = 0; i < pairs; ++i) {
      const double shared = 3 * random.normal();
      b.push_back(70 + shared + random.normal());
      a.push_back(70 + shared + random.normal() + truth);
      shifted.push_back(a.back() - truth);
    }
    const PairedDifference d = paired_difference(a, b, 0.95);
    covered += d.low <= truth && truth <= d.high;
    const PairedDifference null = paired_difference(shifted, b, 0.95);
    rejected += null.p < 0.05;
    EXPECT_EQ(null.p < 0.05, null.above_zero() || null.below_zero()) << "the interval and the test disagree";
  }
  const double error = std::sqrt(0.05 * 0.95 / studies);  // Monte Carlo error of both proportions
  EXPECT_NEAR(covered / double{studies}, 0.95, 4 * error);
  EXPECT_NEAR(rejected / double{studies}, 0.05, 4 * error);
}

TEST(SampleMoments, UseTheDivisorOfSamples) {
  const std::vector<double> values{2, 4, 4, 4, 5, 5, 7, 9};
  EXPECT_DOUBLE_EQ(sample_mean(values), 5.0);
  EXPECT_DOUBLE_EQ(sample_sd(values), std::sqrt(32.0 / 7.0));
  EXPECT_TRUE(std::isnan(sample_mean({})));
  EXPECT_TRUE(std::isnan(sample_sd(std::vector{1.0})));
}

}  // namespace
}  // namespace chandelier

#include "statistics/effect_sizes.hpp"

#include <gtest/gtest.h>

#include <cstdint>

#include "base/error.hpp"
#include "base/random.hpp"
#include "statistics/mann_whitney.hpp"
#include "statistics/wilcoxon.hpp"
#include "stored_statistics.hpp"

namespace chandelier {
namespace {

TEST(EffectSizes, AgreeWithScipyAndNumpy) {
  const auto cases = stored_statistics("effect_sizes");
  for (const auto& expected : cases) {
    const Values d = expected["d"].get<Values>(), y = expected["y"].get<Values>();
    EXPECT_NEAR(matched_rank_biserial(d), expected["rank_biserial"].get<double>(), 1e-14);
    EXPECT_NEAR(cliffs_delta(d, y), expected["cliffs_delta"].get<double>(), 1e-14);
    EXPECT_NEAR(hodges_lehmann(d, 0.9).estimate, expected["walsh"].get<double>(), 1e-14);
    EXPECT_NEAR(hodges_lehmann(d, y, 0.9).estimate, expected["shift"].get<double>(), 1e-14);
  }
  EXPECT_EQ(cases.size(), 4U);
}

TEST(EffectSizes, AreOneWhereEverythingIsAbove) {
  EXPECT_EQ(matched_rank_biserial(Values{1, 2, 3}), 1.0);
  EXPECT_EQ(matched_rank_biserial(Values{-1, -2, 0}), -1.0);
  EXPECT_EQ(cliffs_delta(Values{5, 6}, Values{1, 2, 3}), 1.0);
  EXPECT_EQ(cliffs_delta(Values{1, 2}, Values{5}), -1.0);
  EXPECT_EQ(cliffs_delta(Values{1, 2}, Values{1, 2}), 0.0);
}

// A shift just inside the interval is not rejected, and one just outside is.
TEST(HodgesLehmann, IntervalIsWhatTheTestDoesNotReject) {
  for (std::uint32_t study = 0; study < 40; ++study) {
    KeyedRandom random(1, Purpose::shuffle, 8, study);
    Values d(6 + study % 20), y(5 + study % 3);
    for (double& value : d) value = random.normal();
    for (double& value : y) value = random.normal();
    const auto p_paired = [&](double shift) {
      Values shifted = d;
      for (double& value : shifted) value -= shift;
      return wilcoxon(shifted).p;
    };
    const auto p_unpaired = [&](double shift) {
      Values shifted = d;
      for (double& value : shifted) value -= shift;
      return mann_whitney(shifted, y).p;
    };
    const Shift paired = hodges_lehmann(d, 0.95), unpaired = hodges_lehmann(d, y, 0.95);
    const auto expect_ends = [](const Shift& shift, const auto& p) {
      ASSERT_TRUE(shift.has_interval());
      EXPECT_GE(shift.confidence, 0.95);
      EXPECT_NEAR(p(shift.low - 1e-9), 1 - shift.confidence, 1e-12);
      EXPECT_NEAR(p(shift.high + 1e-9), 1 - shift.confidence, 1e-12);
      EXPECT_GT(p(shift.low + 1e-9), 0.05);
      EXPECT_GT(p(shift.high - 1e-9), 0.05);
    };
    expect_ends(paired, p_paired);
    expect_ends(unpaired, p_unpaired);
  }
}

TEST(HodgesLehmann, HasNoIntervalOfTooFewValues) {
  EXPECT_FALSE(hodges_lehmann(Values{1, 2, 3, 4, 5}, 0.95).has_interval());
  EXPECT_EQ(hodges_lehmann(Values{1, 2, 3, 4, 5}, 0.95).estimate, 3.0);
  const Shift six = hodges_lehmann(Values{1, 2, 3, 4, 5, 6}, 0.95);
  EXPECT_EQ(six.low, 1.0);
  EXPECT_EQ(six.high, 6.0);
  EXPECT_EQ(six.confidence, 1 - 2.0 / 64);
  EXPECT_FALSE(hodges_lehmann(Values{1, 2, 3}, Values{1, 2, 3, 4}, 0.95).has_interval());
  EXPECT_TRUE(hodges_lehmann(Values{1, 2, 3, 4}, Values{1, 2, 3, 4}, 0.95).has_interval());
}

TEST(EffectSizes, AreUndefinedWithoutNumbers) {
  const Values none, nan{1, NAN}, infinite{1, INFINITY}, endless{1, 2, INFINITY}, zeros{0, 0}, one{1};
  for (const Values& d : {none, nan, infinite, zeros}) EXPECT_TRUE(std::isnan(matched_rank_biserial(d)));
  for (const Values& d : {none, nan, infinite, endless}) {
    EXPECT_TRUE(std::isnan(cliffs_delta(d, one)));
    EXPECT_TRUE(std::isnan(cliffs_delta(one, d)));
    EXPECT_TRUE(std::isnan(hodges_lehmann(d, 0.5).estimate));
    EXPECT_TRUE(std::isnan(hodges_lehmann(d, one, 0.5).estimate));
    EXPECT_TRUE(std::isnan(hodges_lehmann(one, d, 0.5).estimate));
    EXPECT_FALSE(hodges_lehmann(one, d, 0.5).has_interval());
  }
  for (const double confidence : {0.0, 1.0}) {
    EXPECT_THROW(hodges_lehmann(one, confidence), Bug);
    EXPECT_THROW(hodges_lehmann(one, one, confidence), Bug);
  }
}

TEST(HodgesLehmann, CoversTheTruthAsOftenAsItSays) {
  constexpr int studies = 5000;
  constexpr double truth = 0.7;
  int paired = 0, unpaired = 0, tied = 0;
  double paired_level = 0, unpaired_level = 0;
  for (std::uint32_t study = 0; study < studies; ++study) {
    KeyedRandom random(1, Purpose::shuffle, 9, study);
    Values d(10), rounded(10), x(8), y(7);
    for (std::size_t i = 0; i < d.size(); ++i) {
      const double shared = 3 * random.normal();
      const double a = shared + random.normal(), b = shared + random.normal();
      d[i] = a - b + truth;
      rounded[i] = std::round(a) - std::round(b);  // symmetric about 0, with many ties
    }
    for (double& value : x) value = truth - std::log(random.uniform());
    for (double& value : y) value = -std::log(random.uniform());
    const auto covers = [](const Shift& shift, double value) { return shift.low <= value && value <= shift.high; };
    const Shift of_pairs = hodges_lehmann(d, 0.9), of_samples = hodges_lehmann(x, y, 0.9);
    paired += covers(of_pairs, truth);
    unpaired += covers(of_samples, truth);
    tied += covers(hodges_lehmann(rounded, 0.9), 0);
    paired_level = of_pairs.confidence;
    unpaired_level = of_samples.confidence;
  }
  const double error = std::sqrt(0.1 * 0.9 / studies);
  EXPECT_NEAR(paired / double{studies}, paired_level, 4 * error);
  EXPECT_NEAR(unpaired / double{studies}, unpaired_level, 4 * error);
  EXPECT_GE(tied / double{studies}, paired_level - 4 * error);
}

}  // namespace
}  // namespace chandelier

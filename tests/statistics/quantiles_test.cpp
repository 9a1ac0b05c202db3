#include "statistics/quantiles.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.hpp"
#include "base/quantile.hpp"
#include "stored_statistics.hpp"

namespace chandelier {
namespace {

TEST(Quantiles, AgreeWithScipyAndNumpy) {
  const auto cases = stored_statistics("quantiles");
  for (const auto& expected : cases) {
    const Values x = expected["x"].get<Values>();
    EXPECT_NEAR(median(x), expected["median"].get<double>(), 1e-14);
    EXPECT_NEAR(interquartile_mean(x), expected["interquartile_mean"].get<double>(), 1e-14);
    EXPECT_NEAR(quantile(x, 0.05), expected["q05"].get<double>(), 1e-14);
    EXPECT_NEAR(quantile(x, 0.75), expected["q75"].get<double>(), 1e-14);
  }
  EXPECT_EQ(cases.size(), 7U);
}

TEST(Quantiles, OfTheEndsAreTheExtremes) {
  EXPECT_EQ(quantile({3, 1, 2}, 0), 1.0);
  EXPECT_EQ(quantile({3, 1, 2}, 1), 3.0);
}

TEST(InterquartileMean, BearsOutliersInAQuarter) { EXPECT_EQ(interquartile_mean(Values{1e9, 2, 4, -1e9}), 3.0); }

TEST(Quantiles, AreUndefinedWithoutNumbers) {
  for (const Values& x : {Values{}, Values{NAN, 1, 2, 3, 4, 5, 6, 7}, Values{1, NAN, 2, 3}}) {
    EXPECT_TRUE(std::isnan(median(x)));
    EXPECT_TRUE(std::isnan(interquartile_mean(x)));
  }
  EXPECT_TRUE(std::isnan(quantile({}, 0.5)));
  for (const double q : {-0.1, 1.1, double{NAN}}) EXPECT_THROW(quantile({1, 2}, q), Bug);
}

}  // namespace
}  // namespace chandelier

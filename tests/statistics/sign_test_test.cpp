#include "statistics/sign_test.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cstdint>

#include "base/error.hpp"
#include "base/random.hpp"

namespace chandelier {
namespace {

TEST(SignTest, CountsTheSigns) {
  for (int n = 1; n <= 10; ++n)
    for (int positive = 0; positive <= n; ++positive) {
      int as_far = 0;
      for (std::uint32_t signs = 0; signs < 1U << n; ++signs) {
        const int other = std::popcount(signs);
        as_far += std::max(other, n - other) >= std::max(positive, n - positive);
      }
      EXPECT_NEAR(sign_test(positive, n - positive), as_far / static_cast<double>(1U << n), 1e-12);
    }
}

TEST(SignTest, IsUndefinedWithoutAPairThatDiffers) {
  EXPECT_TRUE(std::isnan(sign_test(0, 0)));
  EXPECT_THROW(sign_test(-1, 2), Bug);
}

// Pairs of runs that mostly diverge for a shared reason.
TEST(SignTest, RejectsAtMostAsOftenAsItSays) {
  constexpr int studies = 4000;
  int rejected = 0;
  for (std::uint32_t study = 0; study < studies; ++study) {
    KeyedRandom random(1, Purpose::shuffle, 11, study);
    int positive = 0, negative = 0;
    for (int pair = 0; pair < 120; ++pair) {
      const double shared = random.normal();
      const bool a = shared + 0.7 * random.normal() > 0.5, b = shared + 0.7 * random.normal() > 0.5;
      positive += a && !b;
      negative += b && !a;
    }
    rejected += sign_test(positive, negative) <= 0.05;
  }
  const double error = std::sqrt(0.05 * 0.95 / studies);
  EXPECT_LE(rejected / double{studies}, 0.05 + 4 * error);
  EXPECT_GE(rejected / double{studies}, 0.02);
}

}  // namespace
}  // namespace chandelier

// Rounding to bf16 and fp16, compared with its definition in double: the nearest number, ties to even.

#include "kernels/rounding.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace chandelier {
namespace {

std::uint32_t bits_of(float x) { return std::bit_cast<std::uint32_t>(x); }

/// Numbers of very different sizes, including subnormals and numbers halfway between two bf16 or fp16 numbers.
std::vector<float> awkward_numbers() {
  std::mt19937 random(1);
  using Limits = std::numeric_limits<float>;
  std::vector<float> numbers{0.F,
                             -0.F,
                             1.F,
                             Limits::infinity(),
                             -Limits::infinity(),
                             Limits::denorm_min(),
                             -3e-39F,
                             Limits::min(),
                             Limits::max(),
                             65504.F,
                             65519.9F,
                             65520.F,
                             -65520.F,
                             0x1p-14F,
                             0x1p-24F,
                             0x1p-25F,
                             0x1.8p-25F,
                             0x1.8p-24F,
                             -0x1.ffep-15F,
                             0x1.fffp-15F};
  for (int i = 0; i < 20000; ++i) {
    numbers.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(random())));
    numbers.push_back(
        std::ldexp(std::uniform_real_distribution<float>(-1, 1)(random), static_cast<int>(random() % 48) - 30));
  }
  for (int i = 0; i < 2000; ++i) {
    numbers.push_back(std::bit_cast<float>((static_cast<std::uint32_t>(random()) & 0xffff0000U) | 0x8000U));
    numbers.push_back(
        std::bit_cast<float>((bits_of(numbers[static_cast<std::size_t>(2 * i + 21)]) & 0xffffe000U) | 0x1000U));
  }
  return numbers;
}

/// x rounded to `digits` binary digits, or to multiples of `step` if that is coarser. nearbyint rounds ties to even.
float nearest(float x, int digits, double smallest_step) {
  int exponent = 0;
  std::frexp(static_cast<double>(x), &exponent);
  const double step = std::max(std::ldexp(1.0, exponent - digits), smallest_step);
  return static_cast<float>(std::nearbyint(x / step) * step);
}

TEST(Rounding, ToBf16GivesTheNearestOfEightBits) {
  for (const float x : awkward_numbers()) {
    const float rounded = rounded_to_bf16(x);
    if (std::isnan(x))
      EXPECT_TRUE(std::isnan(rounded));
    else if (std::abs(x) < std::numeric_limits<float>::min())
      EXPECT_EQ(bits_of(rounded), bits_of(std::copysign(0.F, x)));
    else if (std::isinf(x))
      EXPECT_EQ(rounded, x);
    else
      EXPECT_EQ(rounded, nearest(x, 8, 0)) << x;  // above the largest number: infinity
  }
}

TEST(Rounding, ToFp16GivesTheNearestOfElevenBits) {
  for (const float x : awkward_numbers()) {
    const float rounded = rounded_to_fp16(x);
    if (std::isnan(x)) {
      EXPECT_TRUE(std::isnan(rounded));
    } else if (std::abs(x) >= 65520) {
      EXPECT_EQ(rounded, std::copysign(std::numeric_limits<float>::infinity(), x)) << x;
    } else {
      EXPECT_EQ(rounded, nearest(x, 11, 0x1p-24)) << x;
      EXPECT_EQ(std::signbit(rounded), std::signbit(x)) << x;
    }
  }
}

#if defined(__FLT16_MAX__) && defined(__x86_64__)  // elsewhere, GCC 12 has no _Float16 in C++
TEST(Rounding, ToFp16IsThatOfTheCompiler) {
  for (const float x : awkward_numbers()) {
    if (std::isnan(x)) continue;
    EXPECT_EQ(bits_of(rounded_to_fp16(x)), bits_of(static_cast<float>(static_cast<_Float16>(x)))) << x;
  }
}
#endif

}  // namespace
}  // namespace chandelier

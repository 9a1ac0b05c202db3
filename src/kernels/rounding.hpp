// Rounding to 16-bit formats: the nearest number, with ties to even. The result is stored as fp32.

#pragma once

#include <bit>
#include <cmath>
#include <cstdint>

namespace chandelier {

/// bf16: 8 bits of precision, the range of fp32. Subnormal numbers become zeros of the same sign, as in CPU
/// instructions. NaN stays NaN.
inline float rounded_to_bf16(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x), magnitude = bits & 0x7fffffffU;
  const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16U) & 1U)) & 0xffff0000U;
  const std::uint32_t quiet = (bits & 0xffff0000U) | 0x00400000U, zero = bits & 0x80000000U;
  return std::bit_cast<float>(magnitude > 0x7f800000U ? quiet : magnitude < 0x00800000U ? zero : rounded);
}

/// fp16 (IEEE half precision): 11 bits of precision, up to 65504, steps of 2^-24 below 2^-14. Larger numbers become
/// infinite. NaN stays NaN.
inline float rounded_to_fp16(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  const float magnitude = std::fabs(x);
  const float normal = std::bit_cast<float>((bits + 0xfffU + ((bits >> 13U) & 1U)) & 0x7fffe000U);
  const float subnormal = (magnitude + 0.5F) - 0.5F;  // numbers from 0.5 on have these steps
  const float rounded = magnitude < 0x1p-14F ? subnormal : magnitude < 65520.F ? normal : HUGE_VALF;
  return magnitude <= HUGE_VALF ? std::copysign(rounded, x) : x;
}

}  // namespace chandelier

// bf16: the upper half of an fp32, 8 bits of precision. What the products of `--precision bf16` are made of.
//
// Two numbers that follow each other in a sum lie together in a word, a pair, as CPUs with products of bf16 take them.
// The sum of products over i is formed pair after pair, the second of a pair first, each term by one fused multiply-add
// in fp32, so that it is rounded once:
//
//   sum <- sum + a(2i+1) b(2i+1),   sum <- sum + a(2i) b(2i)
//
// Subnormal numbers, of operands and of sums, are taken for zero. This is what the instruction VDPBF16PS does.

#pragma once

#include <bit>
#include <cstdint>

#include "base/matrix.hpp"

namespace chandelier {

/// Two bf16: the first in the lower half of the word, the second in the upper.
using Pair = std::uint32_t;

/// x rounded to the nearest bf16, to the even one of two; subnormal: zero of its sign; NaN: a quiet one.
inline std::uint32_t bf16_of(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x), magnitude = bits & 0x7fffffffU;
  const std::uint32_t rounded = (bits + 0x7fffU + ((bits >> 16U) & 1U)) >> 16U;
  const std::uint32_t quiet = (bits >> 16U) | 0x40U, zero = (bits >> 16U) & 0x8000U;
  return magnitude > 0x7f800000U ? quiet : magnitude < 0x00800000U ? zero : rounded;
}

inline Pair pair_of(float first, float second) { return bf16_of(first) | bf16_of(second) << 16U; }
inline float first_of(Pair pair) { return std::bit_cast<float>(pair << 16U); }
inline float second_of(Pair pair) { return std::bit_cast<float>(pair & 0xffff0000U); }

/// x, or zero of its sign where x is subnormal.
inline float without_subnormal(float x) {
  const std::uint32_t bits = std::bit_cast<std::uint32_t>(x);
  return std::bit_cast<float>((bits & 0x7f800000U) == 0 ? bits & 0x80000000U : bits);
}

/// A product of bf16: C = max(least, keep C + sum over i of A(r, i) B(i, c)), NaN staying NaN; keep 0 takes no C.
/// A and B are zero behind their ends up to whole blocks of kPairBlock pairs or columns, and there is memory for whole
/// blocks of rows of A.
struct PairProduct {
  const Pair* A;  ///< [rows x pairs], pairs along the row
  Index A_stride;
  const Pair* B;  ///< [pairs x columns], pairs down the column
  Index B_stride;
  float* C;  ///< [rows x columns]
  Index C_stride;
  Index rows, pairs, columns;
  float keep, least;
};

inline constexpr Index kPairBlock = 16;

/// `count` in whole blocks.
inline constexpr Index in_blocks(Index count) { return (count + kPairBlock - 1) / kPairBlock * kPairBlock; }

/// How a kind of CPU rounds and multiplies.
struct PairKernels {
  const char* name;
  Index rows;  ///< of A, for a long sum: as many as are rounded before they are multiplied
  /// to = bf16(scale from), pairs along the rows, [rows x in_blocks(pairs)] behind each other, zeros at the ends.
  void (*round_rows)(const float* from, Index from_stride, Index rows, Index inner, float scale, Pair* to);
  /// to = bf16(from), pairs down the columns, [in_blocks(pairs) x in_blocks(columns)], zeros at the ends.
  void (*round_columns)(const float* from, Index from_stride, Index inner, Index columns, Pair* to);
  void (*multiply)(const PairProduct& product);
  /// Before the first and after the last of some products, in the thread of theirs.
  void (*begin)() = [] {};
  void (*end)() = [] {};
};

/// Plain loops: slow, for any CPU, and what the others are compared with.
const PairKernels& plain_pair_kernels();
/// The same bits by AVX-512; null where the CPU has no products of bf16.
const PairKernels* avx512_pair_kernels();
/// Tiles of AMX, whose sums round otherwise; null where there is none.
const PairKernels* amx_pair_kernels();
/// Why there is no AMX: "this CPU has no AMX"; empty where there is.
const char* why_no_amx();

}  // namespace chandelier

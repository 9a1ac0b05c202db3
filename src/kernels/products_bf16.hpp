// The products of products.hpp with operands rounded to bf16 (rounding.hpp). Weights, sums and all else are fp32.
//
// A sum is one chain of fused multiply-adds, from +0, pair after pair, the second of a pair first: i = 1, 0, 3, 2, ...
// Its subnormal numbers, and those of an update, are taken for zero. This is what the instruction VDPBF16PS does; the
// definition in plain loops is in products_reference.hpp. An update rounds `rate D`, not D.

#pragma once

#include <memory>

#include "kernels/products.hpp"

namespace chandelier {

/// By the kernels of fp32, on copies of the operands whose pairs have changed places: for any x86-64 CPU.
class Bf16Products final : public Products {
 public:
  /// For weights of at most `rows` x `columns` and batches of at most `capacity`.
  /// @throws SettingError on other CPUs, where subnormal numbers cannot be told to be zero
  Bf16Products(Index rows, Index columns, Index capacity);

  void forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) override;
  void backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) override;
  void update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) override;

 private:
  Matrix weights_;        ///< a block of rows or of columns
  Matrix above_, below_;  ///< what lies above the weights and below
};

/// The same bits by VDPBF16PS; null where the CPU or the target in use has none.
std::unique_ptr<Products> make_avx512_bf16_products(Index rows, Index columns, Index capacity);

/// Whether that is the faster way: Intel's CPUs do half as many of its products in a cycle as multiply-adds of fp32,
/// AMD's twice as many.
bool avx512_bf16_is_fast();

/// While it lives, subnormal numbers are zero in this thread's arithmetic.
class WithoutSubnormals {
 public:
  WithoutSubnormals();
  WithoutSubnormals(const WithoutSubnormals&) = delete;
  WithoutSubnormals& operator=(const WithoutSubnormals&) = delete;
  ~WithoutSubnormals();

 private:
  unsigned int before_;
};

}  // namespace chandelier

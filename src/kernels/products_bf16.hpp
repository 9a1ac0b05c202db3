// The matrix products of products.hpp with operands rounded to bf16 (rounding.hpp). Everything else is fp32.
//
// A sum is one chain of fused multiply-adds that starts at +0. It goes through pairs, the second element of a pair
// first: i = 1, 0, 3, 2, ... Subnormal numbers in sums and updates are flushed to zero. The instruction VDPBF16PS works
// this way. The reference implementation in plain loops is in products_reference.hpp. An update rounds `rate D`, not D.

#pragma once

#include <memory>

#include "kernels/products.hpp"

namespace chandelier {

/// Uses the fp32 kernels on copies of the operands in which the elements of each pair are swapped. For any x86-64 CPU.
class Bf16Products final : public Products {
 public:
  /// For weights of at most `rows` x `columns` and batches of at most `capacity`.
  /// @throws SettingError on other CPUs, which cannot flush subnormal numbers to zero
  Bf16Products(Index rows, Index columns, Index capacity);

  void forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) override;
  void backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) override;
  void update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) override;

 private:
  Matrix weights_;        ///< a block of rows or columns, rounded
  Matrix above_, below_;  ///< rounded activity or errors above and below the weights
};

/// The same results, bitwise, by VDPBF16PS. Null if the CPU or the target in use does not have this instruction.
std::unique_ptr<Products> make_avx512_bf16_products(Index rows, Index columns, Index capacity);

/// Whether VDPBF16PS is the faster way. Compared with fp32 multiply-adds, Intel's CPUs do half as many products per
/// cycle with it, AMD's twice as many.
bool avx512_bf16_is_fast();

/// Flushes subnormal numbers to zero in this thread's arithmetic, as long as the object exists.
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

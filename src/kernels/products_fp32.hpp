// The three products in fp32 for one instruction set, and the choice of it.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/matrix.hpp"

namespace chandelier {

struct Fp32Kernels {
  std::string_view target;
  void (*forward)(ConstMatrixView W, ConstMatrixView Xt, MatrixView out);
  void (*backward)(ConstMatrixView W, ConstMatrixView D, MatrixView out);
  void (*update)(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least);
};

/// Those of the target in use.
const Fp32Kernels& fp32_kernels();

/// Instruction sets by Highway's names, best first: AVX3 (which is AVX-512), AVX2, NEON; last EMU128, the plain loops.
std::vector<std::string> targets();

/// The target in use: the best one of this CPU, or of those that the environment variable CHANDELIER_TARGET leaves.
/// @throws UserError where this CPU has no such target
std::string target();

/// For tests and benchmarks: from now on this target.
void use_target(const std::string& name);

}  // namespace chandelier

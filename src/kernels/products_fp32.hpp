// The three matrix products in fp32 for several instruction sets (targets), and the choice of one.

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

/// The kernels of the target in use.
const Fp32Kernels& fp32_kernels();

/// Targets by Highway's names, best first: AVX3 (AVX-512), AVX2, NEON. The last is EMU128, the plain loops.
std::vector<std::string> targets();

/// The target in use: the best one of this CPU, or the one that the environment variable CHANDELIER_TARGET names.
/// @throws SettingError if this CPU does not support it
std::string target();

/// Selects a target, for tests and benchmarks.
void use_target(const std::string& name);

}  // namespace chandelier

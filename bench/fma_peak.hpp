// The speed that everything is held against: how fast one core of this machine multiplies and adds in fp32.

#pragma once

namespace chandelier::bench {

/// Floating-point operations a second (2 for each multiply-add) of independent fused multiply-adds in the widest
/// registers of this CPU, on one core, measured for about `seconds`. The clock moves with the load and the heat of a
/// machine, so measure it beside whatever is held against it.
double fma_peak(double seconds = 0.02);

/// A fixed number of such multiply-adds, some tens of microseconds. @returns the operations that they are
double multiply_adds();

}  // namespace chandelier::bench

#include "fma_peak.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "cpu_clock.hpp"
#include "kernels/products_fp32.hpp"

namespace chandelier::bench {
namespace {

constexpr std::int64_t kRounds = 10'000;

template <std::size_t Bytes>
struct Lanes {
  typedef float Register __attribute__((vector_size(Bytes)));
};

/// As many independent chains as hide the latency of a multiply-add and still fit the registers.
template <std::size_t Bytes, int Chains>
[[gnu::always_inline]] inline double operations_of_rounds(volatile float* result) {
  using Register = typename Lanes<Bytes>::Register;
  Register chain[Chains], factor{}, term{};
  factor += 0.999f;
  term += 0.001f;
  for (int c = 0; c < Chains; ++c) chain[c] = term * static_cast<float>(c);
  for (std::int64_t round = 0; round < kRounds; ++round)
    for (int c = 0; c < Chains; ++c) chain[c] = chain[c] * factor + term;
  Register sum{};
  for (int c = 0; c < Chains; ++c) sum += chain[c];
  *result = sum[0];
  return 2.0 * kRounds * Chains * (Bytes / sizeof(float));
}

#if defined(__x86_64__)
__attribute__((target("avx512f"))) double avx512(volatile float* result) {
  return operations_of_rounds<64, 12>(result);
}
__attribute__((target("avx2,fma"))) double avx2(volatile float* result) { return operations_of_rounds<32, 12>(result); }
#endif
double plain(volatile float* result) { return operations_of_rounds<16, 12>(result); }

using Rounds = double (*)(volatile float*);

Rounds rounds_of(const std::string& target) {
#if defined(__x86_64__)
  if (target == "AVX3") return avx512;
  if (target == "AVX2") return avx2;
#endif
  return plain;
}

}  // namespace

double multiply_adds() {
  const Rounds rounds = rounds_of(target());
  volatile float result = 0;
  return rounds(&result);
}

double fma_peak(double seconds) {
  using Clock = CpuClock;
  double operations = 0;
  const auto began = Clock::now();
  while (true) {
    operations += multiply_adds();
    const double elapsed = std::chrono::duration<double>(Clock::now() - began).count();
    if (elapsed >= seconds) return operations / elapsed;
  }
}

}  // namespace chandelier::bench

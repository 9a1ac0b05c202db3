#include "kernels/products.hpp"

#include <fmt/format.h>

#include <cstdlib>

#include "kernels/products_avx512.hpp"
#include "kernels/products_bf16.hpp"
#include "kernels/products_blas.hpp"

// Present in OpenBLAS only; with another BLAS the symbol is null, and it listens to the environment instead.
extern "C" __attribute__((weak)) void openblas_set_num_threads(int);
extern "C" __attribute__((weak)) int openblas_get_parallel();
extern "C" __attribute__((weak)) char* openblas_get_config();
extern "C" __attribute__((weak)) char* openblas_get_corename();

namespace chandelier {
namespace {

class Fp32Products final : public Products {
 public:
  void forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) override { forward_product(W, Xt, out); }
  void backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) override { backward_product(W, D, out); }
  void update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) override {
    update_product(W, keep, rate, D, X, least);
  }
};

const PairKernels& pair_kernels() {
  static const PairKernels& fastest = amx_pair_kernels() != nullptr      ? *amx_pair_kernels()
                                      : avx512_pair_kernels() != nullptr ? *avx512_pair_kernels()
                                                                         : plain_pair_kernels();
  return fastest;
}

/// "OpenBLAS 0.3.21 for Zen"
std::string blas_in_words() {
  if (openblas_get_config == nullptr || openblas_get_corename == nullptr) return "another BLAS than OpenBLAS";
  const std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 NO_LAPACKE ..."
  return fmt::format("{} for {}", config.substr(0, config.find(' ', config.find(' ') + 1)), openblas_get_corename());
}

}  // namespace

std::unique_ptr<Products> make_products(Precision precision, Index rows, Index columns, Index capacity) {
  if (precision == Precision::fp32) return std::make_unique<Fp32Products>();
  return std::make_unique<Bf16Products>(pair_kernels(), rows, columns, capacity);
}

Products& fp32_products() {
  static Fp32Products products;
  return products;
}

std::string products_in_words(Precision precision) {
  const std::string fp32 = (avx512::is_there() ? "AVX-512 and " : "") + blas_in_words();
  if (precision == Precision::fp32) return "fp32 by " + fp32;
  return fmt::format("bf16 by {}, the rest by {}", pair_kernels().name, fp32);
}

std::string bf16_in_words() {
  if (amx_pair_kernels() != nullptr) return "bf16: products by AMX";
  if (avx512_pair_kernels() != nullptr)
    return fmt::format("bf16: {}; products by AVX-512 instead, which beats fp32 by less", why_no_amx());
  return fmt::format("bf16: {}, nor AVX-512 for bf16; products by plain loops instead: slower than fp32", why_no_amx());
}

void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) {
  if (avx512::is_there() && Xt.cols() % avx512::kPanel == 0)
    avx512::forward_product(W, Xt, out);
  else
    blas::forward_product(W, Xt, out);
}

void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out) {
  if (avx512::is_there() && D.cols() % avx512::kPanel == 0)
    avx512::backward_product(W, D, out);
  else
    blas::backward_product(W, D, out);
}

void update_product(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) {
  if (avx512::is_there() && keep == 1)
    avx512::update_product(W, rate, D, X, least);
  else
    blas::update_product(W, keep, rate, D, X, least);
}

void use_one_blas_thread() {
  for (const char* variable : {"MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"})
    setenv(variable, "1", 1);
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
}

void allow_products_in_threads() {
  if (openblas_get_parallel != nullptr && openblas_get_parallel() == 0) blas::take_calls_in_turn();
}

}  // namespace chandelier

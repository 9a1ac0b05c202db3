#include "kernels/products.hpp"

#include <cstdlib>

#include "kernels/products_avx512.hpp"
#include "kernels/products_blas.hpp"

// Present in OpenBLAS only; with another BLAS the symbol is null, and it listens to the environment instead.
extern "C" __attribute__((weak)) void openblas_set_num_threads(int);
extern "C" __attribute__((weak)) int openblas_get_parallel();

namespace chandelier {

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

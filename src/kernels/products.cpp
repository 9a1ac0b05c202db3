#include "kernels/products.hpp"

#include <cblas.h>

#include <algorithm>
#include <cstdlib>

// Present in OpenBLAS only; with another BLAS the symbol is null, and it listens to the environment instead.
extern "C" __attribute__((weak)) void openblas_set_num_threads(int);

namespace chandelier {
namespace {

// OpenBLAS takes its small, copy-free kernels up to M*N*K = 100^3.
constexpr Index kSmallProduct = 1'000'000;

/// Rows of a piece whose product with `others` stays small; all rows where a piece would be too thin to pay.
Index piece_rows(Index rows, Index others) {
  const Index fitting = kSmallProduct / std::max<Index>(1, others);
  return fitting < 8 ? rows : std::min(rows, fitting / 8 * 8);
}

void gemm(CBLAS_TRANSPOSE transpose_a, CBLAS_TRANSPOSE transpose_b, Index m, Index n, Index k, Real alpha,
          const Real* a, Index lda, const Real* b, Index ldb, Real beta, Real* c, Index ldc) {
  const auto dim = [](Index i) { return static_cast<int>(i); };
#ifdef CHANDELIER_DOUBLE
  cblas_dgemm(
#else
  cblas_sgemm(
#endif
      CblasRowMajor, transpose_a, transpose_b, dim(m), dim(n), dim(k), alpha, a, dim(lda), b, dim(ldb), beta, c,
      dim(ldc));
}

}  // namespace

void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) {
  const Index n = W.rows(), k = W.cols(), B = Xt.cols();
  const Index piece = piece_rows(n, k * B);
  for (Index first = 0; first < n; first += piece) {
    const Index count = std::min(piece, n - first);
    gemm(CblasNoTrans, CblasNoTrans, count, B, k, 1, W.data() + first * k, k, Xt.data(), B, 0, out.data() + first * B,
         B);
  }
}

void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out) {
  const Index n = W.rows(), k = W.cols(), B = D.cols();
  const Index piece = piece_rows(k, n * B);
  for (Index first = 0; first < k; first += piece) {
    const Index count = std::min(piece, k - first);
    gemm(CblasTrans, CblasNoTrans, count, B, n, 1, W.data() + first, k, D.data(), B, 0, out.data() + first * B, B);
  }
}

Index update_piece(Index k, Index batch) {
  constexpr Index kAllRows = 1 << 16;
  return piece_rows(kAllRows, k * batch);
}

void update_product(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X) {
  const Index n = W.rows(), k = W.cols(), B = D.cols();
  const Index piece = update_piece(k, B);
  for (Index first = 0; first < n; first += piece) {
    const Index count = std::min(piece, n - first);
    gemm(CblasNoTrans, CblasNoTrans, count, k, B, rate, D.data() + first * B, B, X.data(), k, keep,
         W.data() + first * k, k);
  }
}

void use_one_blas_thread() {
  for (const char* variable : {"MKL_NUM_THREADS", "BLIS_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"})
    setenv(variable, "1", 1);
  if (openblas_set_num_threads != nullptr) openblas_set_num_threads(1);
}

}  // namespace chandelier

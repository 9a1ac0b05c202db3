#include "kernels/products_blas.hpp"

#include <cblas.h>
#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <mutex>

#include "kernels/passes.hpp"

namespace chandelier::blas {
namespace {

// OpenBLAS takes its small, copy-free kernels up to M*N*K = 100^3.
constexpr Index kSmallProduct = 1'000'000;

std::atomic<bool> calls_in_turn{false};
std::mutex one_call;

/// Rows of a piece whose product with `others` stays small; all rows where a piece would be too thin to pay.
Index piece_rows(Index rows, Index others) {
  const Index fitting = kSmallProduct / std::max<Index>(1, others);
  return fitting < 8 ? rows : std::min(rows, fitting / 8 * 8);
}

void gemm(CBLAS_TRANSPOSE transpose_a, CBLAS_TRANSPOSE transpose_b, Index m, Index n, Index k, Real alpha,
          const Real* a, Index lda, const Real* b, Index ldb, Real beta, Real* c, Index ldc) {
  const auto dim = [](Index i) { return static_cast<int>(i); };
  std::unique_lock<std::mutex> turn(one_call, std::defer_lock);
  if (calls_in_turn.load(std::memory_order_relaxed)) turn.lock();
#ifdef CHANDELIER_DOUBLE
  cblas_dgemm(
#else
  cblas_sgemm(
#endif
      CblasRowMajor, transpose_a, transpose_b, dim(m), dim(n), dim(k), alpha, a, dim(lda), b, dim(ldb), beta, c,
      dim(ldc));
}

/// w = max(least, w), NaN staying NaN so that divergence is seen.
CHANDELIER_HOT void raise_to(Real least, MatrixView w) {
  assign_each(w, [&](Index i, Index j) { return w(i, j) < least ? least : w(i, j); });
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

void update_product(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) {
  const Index n = W.rows(), k = W.cols(), B = D.cols();
  const Index piece = piece_rows(n, k * B);
  for (Index first = 0; first < n; first += piece) {
    const Index count = std::min(piece, n - first);
    gemm(CblasNoTrans, CblasNoTrans, count, k, B, rate, D.data() + first * B, B, X.data(), k, keep,
         W.data() + first * k, k);
    if (!std::isinf(least)) raise_to(least, rows_of(W, first, count));  // while the piece is in the cache
  }
}

void take_calls_in_turn() {
  // A forked process must not find the lock taken by a thread that it does not have.
  [[maybe_unused]] static const int registered =
      pthread_atfork([] { one_call.lock(); }, [] { one_call.unlock(); }, [] { one_call.unlock(); });
  calls_in_turn = true;
}

}  // namespace chandelier::blas

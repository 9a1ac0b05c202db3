#include "kernels/products.hpp"

#include "kernels/products_bf16.hpp"
#include "kernels/products_fp16.hpp"
#include "kernels/products_fp32.hpp"

namespace chandelier {
namespace {

class Fp32Products final : public Products {
 public:
  Fp32Products() { fp32_kernels(); }  // the first call chooses the kernels and allocates memory
  void forward(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) override { forward_product(W, Xt, out); }
  void backward(ConstMatrixView W, ConstMatrixView D, MatrixView out) override { backward_product(W, D, out); }
  void update(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) override {
    update_product(W, keep, rate, D, X, least);
  }
};

}  // namespace

std::unique_ptr<Products> make_products(Precision precision, Index rows, Index columns, Index capacity) {
  if (precision == Precision::fp32) return std::make_unique<Fp32Products>();
  if (precision == Precision::fp16) return std::make_unique<Fp16Products>(rows, columns, capacity);
  if (avx512_bf16_is_fast())
    if (auto products = make_avx512_bf16_products(rows, columns, capacity)) return products;
  return std::make_unique<Bf16Products>(rows, columns, capacity);
}

Products& fp32_products() {
  static Fp32Products products;
  return products;
}

std::string bf16_in_words() {
  if (avx512_bf16_is_fast() && make_avx512_bf16_products(1, 1, 1) != nullptr)
    return "bf16: this CPU has fast bf16 instructions (AVX-512), faster than fp32";
  return "bf16: this CPU has no fast bf16 instructions, so fp32 is faster; bf16 results are the same on every CPU";
}

void forward_product(ConstMatrixView W, ConstMatrixView Xt, MatrixView out) { fp32_kernels().forward(W, Xt, out); }

void backward_product(ConstMatrixView W, ConstMatrixView D, MatrixView out) { fp32_kernels().backward(W, D, out); }

void update_product(MatrixView W, Real keep, Real rate, ConstMatrixView D, ConstMatrixView X, Real least) {
  fp32_kernels().update(W, keep, rate, D, X, least);
}

}  // namespace chandelier

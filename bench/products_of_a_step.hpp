// The matrix products of a training step: how many operations they are, and how long they take alone.

#pragma once

#include <memory>
#include <vector>

#include "learning/network.hpp"

namespace chandelier::bench {

/// Floating-point operations (2 for each multiply-add of the matrix products), the usual measure of such a step:
/// everything else, the elementwise passes above all, counts as none.
struct Operations {
  double forward = 0, backward = 0, update = 0;
  double step() const { return forward + backward + update; }
};

/// Of a batch of `batch` images, all layers.
Operations operations_of(const Network& network, Index batch);

/// The products of the hidden layers on matrices of the same shapes, in the order of a step and nothing between them.
class ProductsOfAStep {
 public:
  ProductsOfAStep(const Network& network, Index batch);

  void forward();
  void backward();
  void update();

 private:
  struct Layer {
    Matrix stack;           ///< [Wex; Wix; Bix]
    Matrix Wei;             ///< [n x m]
    Matrix Xt, X;           ///< [k x B], [B x k]
    Matrix drives, errors;  ///< [rows of the stack x B]
    Matrix s, e_i;          ///< [n x B], [m x B]
    Matrix below;           ///< [k x B]
    Index carrying;         ///< rows of the stack that carry the error down
    std::unique_ptr<Products> products;
  };
  std::vector<Layer> layers_;
};

}  // namespace chandelier::bench

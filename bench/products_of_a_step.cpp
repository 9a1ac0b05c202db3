#include "products_of_a_step.hpp"

#include <limits>

#include "kernels/products.hpp"

namespace chandelier::bench {
namespace {

/// Rows of [Wex; Wix; Bix], and how many of them carry the error to the layer below: Wex, in E-I also Wix.
struct Stack {
  Index rows, carrying;

  explicit Stack(const Circuit& circuit) : rows(circuit.size().n), carrying(circuit.size().n) {
    if (circuit.has("Wix")) rows += circuit.size().m;
    if (circuit.has("Wix") && !circuit.traits().normalizes) carrying = rows;
    if (circuit.has("Bix")) rows += circuit.parameter("Bix").rows();
  }
};

MatrixView all_of(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }

}  // namespace

Operations operations_of(const Network& network, Index batch) {
  Operations operations;
  for (std::size_t layer = 0; layer < network.layers(); ++layer) {
    const Circuit& circuit = network.circuit(layer);
    const Index k = circuit.size().k, n = circuit.size().n, m = circuit.size().m;
    const Stack stack(circuit);
    const Index through_Wei = circuit.has("Wei") ? n * m : 0;
    operations.forward += 2.0 * static_cast<double>(batch * (stack.rows * k + through_Wei));
    operations.backward += 2.0 * static_cast<double>(batch * (through_Wei + (layer > 0 ? stack.carrying * k : 0)));
    for (const LearningSignal& signal : circuit.learning_signals())
      operations.update += 2.0 * static_cast<double>(batch * signal.parameter->rows() * signal.parameter->cols());
  }
  return operations;
}

ProductsOfAStep::ProductsOfAStep(const Network& network, Index batch) {
  for (std::size_t l = 0; l + 1 < network.layers(); ++l) {
    const Circuit& circuit = network.circuit(l);
    const Index k = circuit.size().k, n = circuit.size().n, m = circuit.size().m;
    const Stack stack(circuit);
    const Index inhibitory = circuit.has("Wei") ? m : 0;
    layers_.push_back({Matrix::Random(stack.rows, k), Matrix::Random(n, inhibitory), Matrix::Random(k, batch),
                       Matrix::Random(batch, k), Matrix::Random(stack.rows, batch), Matrix::Random(stack.rows, batch),
                       Matrix(n, batch), Matrix(inhibitory, batch), Matrix(k, batch), stack.carrying,
                       make_products(circuit.size().precision, stack.rows, k, batch)});
  }
}

void ProductsOfAStep::forward() {
  for (Layer& layer : layers_) {
    layer.products->forward(view(layer.stack), view(layer.Xt), all_of(layer.drives));
    if (layer.Wei.cols() > 0)
      forward_product(view(layer.Wei), rows_of(view(layer.drives), layer.Wei.rows(), layer.Wei.cols()),
                      all_of(layer.s));
  }
}

void ProductsOfAStep::backward() {
  for (std::size_t l = layers_.size(); l-- > 0;) {
    Layer& layer = layers_[l];
    if (layer.Wei.cols() > 0)
      backward_product(view(layer.Wei), rows_of(view(layer.errors), 0, layer.Wei.rows()), all_of(layer.e_i));
    if (l > 0)
      layer.products->backward(rows_of(view(layer.stack), 0, layer.carrying),
                               rows_of(view(layer.errors), 0, layer.carrying), all_of(layer.below));
  }
}

void ProductsOfAStep::update() {
  for (Layer& layer : layers_) {
    // A rate of nearly nothing, or the weights would grow without end.
    layer.products->update(all_of(layer.stack), 1, Real(1e-9), view(layer.errors), view(layer.X),
                           -std::numeric_limits<Real>::infinity());
  }
}

}  // namespace chandelier::bench

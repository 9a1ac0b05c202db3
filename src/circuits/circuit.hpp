// A circuit: how excitation and inhibition turn a layer's input into z, which synapses carry errors down, and what
// every synapse learns from. Rectification and computed normalizations are not part of it.
//
// Weights with the same input are stacked, [Wex; Wix; Bix], so that one matrix product computes all drives of a batch.

#pragma once

#include <memory>
#include <optional>

#include "base/matrix.hpp"
#include "parameters/learnable.hpp"

namespace chandelier {

/// The input of a layer in both layouts: Xt for the forward product, X for the update.
struct Input {
  ConstMatrixView X;   ///< [B x k]
  ConstMatrixView Xt;  ///< [k x B]
  Index batch() const { return X.rows(); }
};

/// Which synapses carry errors down, in circuits whose inhibition normalizes (docs/notation.md, section 5).
enum class ErrorRoute {
  excitatory,   ///< below Wex: the paper
  subtractive,  ///< below (Wex - Wei Wix)
  all,          ///< also - (sum_j below_j z_j)/(n d) p Bix, where inhibition divides
};

/// Sizes of a layer: k inputs, n excitatory units, m inhibitory units, buffers for `capacity` samples; and the
/// precision of matrix products. Under bf16, products with Wei stay fp32: they are small, and s is subtracted from e.
/// Under fp16 they are rounded like all others, and so are those with Bei.
struct LayerSize {
  Index k = 0;
  Index n = 0;
  Index m = 0;
  Index capacity = 0;
  Precision precision = Precision::fp32;
  bool two_errors = false;  ///< the error it transmits is not the one it learns from
};

/// Properties of a kind of circuit that are needed before one exists.
struct CircuitTraits {
  bool has_inhibition = false;  ///< Wix and Wei
  bool normalizes = false;      ///< inhibition normalizes, so it excludes computed normalizations
  bool divides = false;         ///< Bix: activity and error are divided by d
  bool fixed_Wei = false;       ///< Wei never learns
  double cost = 1;              ///< of a step, relative to a circuit without inhibition
};

class Circuit : public Learnable {
 public:
  /// The circuit's output for a batch before rectification and any computed normalization, [n x B].
  virtual ConstMatrixView forward(const Input& x) = 0;

  // Write the errors of the layer, [n x B], here before `backward`: the one it learns from and the one it transmits.
  // Both are the same memory unless the size has `two_errors`.
  MatrixView learned_error() { return rows_of(errors_(batch_), 0, size_.n); }
  MatrixView transmitted_error() { return rows_of(transmitted()(batch_), 0, size_.n); }

  /// Computes delta, below and what every parameter learns from. Call it after `forward` of the same x.
  virtual void backward(const Input& x) = 0;

  /// The error at the circuit's input, [k x B]: `below`, carried down by the circuit's own synapses. Call it after
  /// `backward`, before any weight changes.
  virtual void error_below(MatrixView out) const;

  const LayerSize& size() const { return size_; }
  const CircuitTraits& traits() const { return traits_; }

  // For observers, after a forward pass. Empty if the circuit does not have it.
  ConstMatrixView excitation() const { return e(); }                               ///< e, [n x B]
  virtual std::optional<ConstMatrixView> inhibition() const;                       ///< s, [n x B]
  virtual std::optional<ConstVectorView> divisor() const { return std::nullopt; }  ///< d, [B]
  /// L_homeo, including the factor lambda; only if inhibition normalizes.
  virtual std::optional<double> homeostatic_loss() const { return std::nullopt; }
  /// Mean squared distance of z from the aim of inhibition: LN(e), or e - mean_j e if it only subtracts.
  virtual std::optional<double> layer_norm_distance() const { return std::nullopt; }
  // After a backward pass: the two errors of the layer, both at (e - s), [n x B].
  ConstMatrixView delta() const { return rows_of(errors_(batch_), 0, size_.n); }  ///< what Wex and bias learn from
  ConstMatrixView below() const { return rows_of(transmitted()(batch_), 0, size_.n); }  ///< what is transmitted

 protected:
  /// Parameters: Wex [n x k] and bias [n]; with inhibition Wix [m x k] and Wei [n x m]; if it divides, Bix [r x k],
  /// r = min(n, k). All are 0 at first.
  Circuit(const CircuitTraits& traits, const LayerSize& size);
  /// The size of a layer with this error route: what inhibition carries down is not what it learns from.
  static LayerSize with_errors_for(ErrorRoute route, LayerSize size);

  /// Computes the drives of a batch: [e; i; p] = [Wex; Wix; Bix] X^T, then e += b, and with inhibition s = Wei i.
  void drive(const Input& x);
  ConstMatrixView e() const { return rows_of(drives_(batch_), 0, size_.n); }             ///< [n x B]
  ConstMatrixView i() const { return rows_of(drives_(batch_), size_.n, size_.m); }       ///< [m x B]
  ConstMatrixView p() const { return rows_of(drives_(batch_), size_.n + size_.m, r_); }  ///< [r x B]
  ConstMatrixView s() const { return s_(batch_); }                                       ///< [n x B]
  /// The buffer of e, for circuits that compute e themselves.
  MatrixView own_e() { return rows_of(drives_(batch_), 0, size_.n); }  ///< [n x B]
  /// What Wix and Bix learn from; `backward` writes it.
  MatrixView error_i() { return rows_of(errors_(batch_), size_.n, size_.m); }       ///< [m x B]
  MatrixView error_p() { return rows_of(errors_(batch_), size_.n + size_.m, r_); }  ///< [r x B]
  /// -(X Wix^T), [B x m]: the presynaptic activity of Wei, negative because inhibition is subtracted.
  ConstMatrixView minus_i();
  /// The presynaptic activity of biases: ones, [B x 1].
  ConstMatrixView ones() const { return {ones_.data(), batch_, 1}; }
  /// error_i = -Wei^T error: a layer's error at its inhibitory units, negative because inhibition is subtracted.
  void through_inhibition(ConstMatrixView error, MatrixView error_i);
  /// How many rows of the stack carry errors down: those of [Wex], [Wex; Wix] or [Wex; Wix; Bix].
  virtual Index carrying_rows() const { return size_.n; }
  // What is transmitted through Wix and Bix if they carry errors; `backward` writes it.
  MatrixView transmitted_i() { return rows_of(transmitted()(batch_), size_.n, size_.m); }       ///< [m x B]
  MatrixView transmitted_p() { return rows_of(transmitted()(batch_), size_.n + size_.m, r_); }  ///< [r x B]
  Products& products_of_Wei() const { return *products_of_Wei_; }

  LayerSize size_;   ///< m = 0 without inhibition
  Index r_;          ///< rows of Bix
  Index batch_ = 0;  ///< size of the last batch

 private:
  BatchBuffer& transmitted() { return size_.two_errors ? transmitted_ : errors_; }
  const BatchBuffer& transmitted() const { return size_.two_errors ? transmitted_ : errors_; }

  CircuitTraits traits_;
  std::unique_ptr<Products> products_, products_of_Wei_;
  Matrix stack_;             ///< [Wex; Wix; Bix]
  Matrix Wei_;               ///< [n x m]
  Matrix bias_;              ///< [n x 1]
  BatchBuffer drives_;       ///< [e; i; p]
  BatchBuffer s_;            ///< Wei i
  BatchBuffer errors_;       ///< what the rows of the stack learn from
  BatchBuffer transmitted_;  ///< what they carry down, if that is different
  Matrix minus_i_;           ///< [B x m]
  Vector ones_;
};

}  // namespace chandelier

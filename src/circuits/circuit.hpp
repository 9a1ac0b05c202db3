// A circuit: how excitation and inhibition make z out of a layer's input, which synapses carry the error down, and
// what every synapse learns from. Rectification and computed normalizations happen outside of it.
//
// Weights that share an input stand in one stack, [Wex; Wix; Bix], so that one product makes all drives of a batch.

#pragma once

#include <memory>
#include <optional>

#include "base/matrix.hpp"
#include "parameters/learnable.hpp"

namespace chandelier {

/// The activity that enters a layer, in both layouts: the forward product wants one, the update the other.
struct Input {
  ConstMatrixView X;   ///< [B x k]
  ConstMatrixView Xt;  ///< [k x B]
  Index batch() const { return X.rows(); }
};

/// Sizes of a layer: k inputs, n excitatory units, m inhibitory units, and room for `capacity` samples; and the
/// precision of products. Those of Wei are small, and fp32 in bf16, too: s is what e is held against.
struct LayerSize {
  Index k = 0;
  Index n = 0;
  Index m = 0;
  Index capacity = 0;
  Precision precision = Precision::fp32;
};

/// What others must know of a kind of circuit, without making one.
struct CircuitTraits {
  bool has_inhibition = false;  ///< Wix and Wei
  bool normalizes = false;      ///< inhibition is the normalization, so that no computed one goes with it
  bool divides = false;         ///< Bix: activity and error are divided by d
  bool fixed_Wei = false;       ///< Wei never learns
  double cost = 1;              ///< of a step, compared to one without inhibition
};

class Circuit : public Learnable {
 public:
  /// The circuit's output for a batch before rectification and any computed normalization, [n x B].
  virtual ConstMatrixView forward(const Input& x) = 0;

  /// Where the normalized error N(g), [n x B], is to be written before `backward`.
  MatrixView normalized_error() { return rows_of(errors_(batch_), 0, size_.n); }

  /// Turns the normalized error into delta and into what every parameter learns from. Follows `forward` on the same x.
  virtual void backward(const Input& x) = 0;

  /// The error that reaches the layer below through the circuit's own synapses, [k x B]: what `below` becomes. Follows
  /// `backward`, before any weight changes.
  virtual void error_below(MatrixView out) const = 0;

  const LayerSize& size() const { return size_; }
  const CircuitTraits& traits() const { return traits_; }

  // What an observer may see after a forward pass; what a circuit does not have is empty.
  ConstMatrixView excitation() const { return e(); }                               ///< e, [n x B]
  std::optional<ConstMatrixView> inhibition() const;                               ///< s, [n x B]
  virtual std::optional<ConstVectorView> divisor() const { return std::nullopt; }  ///< d, [B]
  /// L_homeo, lambda included; only where inhibition is the normalization.
  virtual std::optional<double> homeostatic_loss() const { return std::nullopt; }
  /// Mean squared distance of z to what inhibition aims at (LN(e), or e - mean_j e where it only subtracts).
  virtual std::optional<double> layer_norm_distance() const { return std::nullopt; }
  // After a backward pass, the two errors of the layer; both are the error at (e - s), [n x B].
  ConstMatrixView delta() const { return rows_of(errors_(batch_), 0, size_.n); }  ///< what Wex and bias learn from
  ConstMatrixView below() const { return delta(); }                               ///< what is transmitted

 protected:
  /// Wex [n x k] and bias [n]; with inhibition Wix [m x k] and Wei [n x m]; to divide, Bix [r x k], r = min(n, k). All
  /// start at 0.
  Circuit(const CircuitTraits& traits, const LayerSize& size);

  /// The drives of a batch: [e; i; p] = [Wex; Wix; Bix] X^T, then e += b, and s = Wei i where there is inhibition.
  void drive(const Input& x);
  ConstMatrixView e() const { return rows_of(drives_(batch_), 0, size_.n); }             ///< [n x B]
  ConstMatrixView i() const { return rows_of(drives_(batch_), size_.n, size_.m); }       ///< [m x B]
  ConstMatrixView p() const { return rows_of(drives_(batch_), size_.n + size_.m, r_); }  ///< [r x B]
  ConstMatrixView s() const { return s_(batch_); }                                       ///< [n x B]
  /// What Wix and Bix learn from, to be filled in by `backward`.
  MatrixView error_i() { return rows_of(errors_(batch_), size_.n, size_.m); }       ///< [m x B]
  MatrixView error_p() { return rows_of(errors_(batch_), size_.n + size_.m, r_); }  ///< [r x B]
  /// -(X Wix^T), [B x m]: what Wei learns from, since inhibition enters z with a minus.
  ConstMatrixView minus_i();
  /// A presynaptic activity that is always one, [B x 1]: what biases learn from.
  ConstMatrixView ones() const { return {ones_.data(), batch_, 1}; }
  /// Errors through all of W = Wex - Wei Wix: [delta; error_i] through [Wex; Wix].
  ConstMatrixView stacked_weights() const { return view(stack_); }
  ConstMatrixView stacked_errors() const { return errors_(batch_); }
  /// Those of the stack with what enters the layer, and with errors.
  Products& products() const { return *products_; }
  Products& products_of_Wei() const { return *products_of_Wei_; }

  LayerSize size_;   ///< m = 0 without inhibition
  Index batch_ = 0;  ///< size of the batch that was seen last

 private:
  CircuitTraits traits_;
  Index r_;
  std::unique_ptr<Products> products_, products_of_Wei_;
  Matrix stack_;        ///< [Wex; Wix; Bix]
  Matrix Wei_;          ///< [n x m]
  Matrix bias_;         ///< [n x 1]
  BatchBuffer drives_;  ///< [e; i; p]
  BatchBuffer s_;       ///< Wei i
  BatchBuffer errors_;  ///< what the rows of the stack learn from
  Matrix minus_i_;      ///< [B x m]
  Vector ones_;
};

}  // namespace chandelier

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

/// Which synapses carry errors to the layer below where inhibition normalizes (science: section 10).
enum class ErrorRoute {
  excitatory,   ///< below Wex: the paper
  subtractive,  ///< below (Wex - Wei Wix)
  all,          ///< and, where inhibition divides, - (sum_j below_j z_j)/(n d) p Bix
};

/// Sizes of a layer: k inputs, n excitatory units, m inhibitory units, and room for `capacity` samples; and the
/// precision of products. Those with Wei are small, and stay fp32 under bf16, since s is subtracted from e.
struct LayerSize {
  Index k = 0;
  Index n = 0;
  Index m = 0;
  Index capacity = 0;
  Precision precision = Precision::fp32;
  bool two_errors = false;  ///< what the layer transmits is not what it learns from
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

  // Where the errors of the layer, [n x B], are to be written before `backward`: what it learns from and what it
  // transmits. They are one and the same place unless the size says `two_errors`.
  MatrixView learned_error() { return rows_of(errors_(batch_), 0, size_.n); }
  MatrixView transmitted_error() { return rows_of(transmitted()(batch_), 0, size_.n); }

  /// Turns these errors into delta and below, and into what every parameter learns from. Follows `forward` on the same
  /// x.
  virtual void backward(const Input& x) = 0;

  /// The error that reaches the layer below through the circuit's own synapses, [k x B]: what `below` becomes. Follows
  /// `backward`, before any weight changes.
  virtual void error_below(MatrixView out) const;

  const LayerSize& size() const { return size_; }
  const CircuitTraits& traits() const { return traits_; }

  // What an observer may see after a forward pass; what a circuit does not have is empty.
  ConstMatrixView excitation() const { return e(); }                               ///< e, [n x B]
  virtual std::optional<ConstMatrixView> inhibition() const;                       ///< s, [n x B]
  virtual std::optional<ConstVectorView> divisor() const { return std::nullopt; }  ///< d, [B]
  /// L_homeo, lambda included; only where inhibition is the normalization.
  virtual std::optional<double> homeostatic_loss() const { return std::nullopt; }
  /// Mean squared distance of z to what inhibition aims at (LN(e), or e - mean_j e where it only subtracts).
  virtual std::optional<double> layer_norm_distance() const { return std::nullopt; }
  // After a backward pass, the two errors of the layer; both are the error at (e - s), [n x B].
  ConstMatrixView delta() const { return rows_of(errors_(batch_), 0, size_.n); }  ///< what Wex and bias learn from
  ConstMatrixView below() const { return rows_of(transmitted()(batch_), 0, size_.n); }  ///< what is transmitted

 protected:
  /// Wex [n x k] and bias [n]; with inhibition Wix [m x k] and Wei [n x m]; to divide, Bix [r x k], r = min(n, k). All
  /// start at 0.
  Circuit(const CircuitTraits& traits, const LayerSize& size);
  /// The size of a layer whose errors take this road: inhibition carries what is transmitted, not what is learned from.
  static LayerSize with_errors_for(ErrorRoute route, LayerSize size);

  /// The drives of a batch: [e; i; p] = [Wex; Wix; Bix] X^T, then e += b, and s = Wei i where there is inhibition.
  void drive(const Input& x);
  ConstMatrixView e() const { return rows_of(drives_(batch_), 0, size_.n); }             ///< [n x B]
  ConstMatrixView i() const { return rows_of(drives_(batch_), size_.n, size_.m); }       ///< [m x B]
  ConstMatrixView p() const { return rows_of(drives_(batch_), size_.n + size_.m, r_); }  ///< [r x B]
  ConstMatrixView s() const { return s_(batch_); }                                       ///< [n x B]
  /// Room for e, where a circuit computes it by itself.
  MatrixView own_e() { return rows_of(drives_(batch_), 0, size_.n); }  ///< [n x B]
  /// What Wix and Bix learn from, to be filled in by `backward`.
  MatrixView error_i() { return rows_of(errors_(batch_), size_.n, size_.m); }       ///< [m x B]
  MatrixView error_p() { return rows_of(errors_(batch_), size_.n + size_.m, r_); }  ///< [r x B]
  /// -(X Wix^T), [B x m]: what Wei learns from, since inhibition enters z with a minus.
  ConstMatrixView minus_i();
  /// A presynaptic activity that is always one, [B x 1]: what biases learn from.
  ConstMatrixView ones() const { return {ones_.data(), batch_, 1}; }
  /// error_i = -Wei^T error: what a layer's error is to its inhibitory units, as inhibition enters z with a minus.
  void through_inhibition(ConstMatrixView error, MatrixView error_i);
  /// How many rows of the stack carry errors down, from its first: [Wex], [Wex; Wix] or [Wex; Wix; Bix].
  virtual Index carrying_rows() const { return size_.n; }
  // What is transmitted through Wix and Bix where they carry it, to be filled in by `backward`.
  MatrixView transmitted_i() { return rows_of(transmitted()(batch_), size_.n, size_.m); }       ///< [m x B]
  MatrixView transmitted_p() { return rows_of(transmitted()(batch_), size_.n + size_.m, r_); }  ///< [r x B]
  Products& products_of_Wei() const { return *products_of_Wei_; }

  LayerSize size_;   ///< m = 0 without inhibition
  Index r_;          ///< rows of Bix
  Index batch_ = 0;  ///< size of the batch that was seen last

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
  BatchBuffer transmitted_;  ///< what they carry down, where that is not the same
  Matrix minus_i_;           ///< [B x m]
  Vector ones_;
};

}  // namespace chandelier

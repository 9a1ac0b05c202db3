// A hidden layer. Forward: circuit, activity normalization, rectification. Backward: derivative of the rectification,
// error normalization, circuit.
//
//   z -> y = norm(z) -> h = relu(y)          g = error at h * 1[y > 0] -> c = N(g)
//
// A layer has two errors: delta, which its weights learn from, and below, which it transmits. If inhibition divides,
// both are divided by D.
//
//   error_acts_on = both      delta = c/D    below = c/D        the paper
//                   weights   delta = c/D    below = g/D
//                   below     delta = g/D    below = c/D

#pragma once

#include <memory>

#include "circuits/circuit.hpp"
#include "learning/feedback.hpp"
#include "normalization/activity_normalization.hpp"
#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Which of the two errors of a layer is normalized (docs/notation.md, section 5).
enum class ErrorActsOn { both, weights, below };

class HiddenLayer {
 public:
  HiddenLayer(std::unique_ptr<Circuit> circuit, std::unique_ptr<ActivityNormalization> activity_norm,
              std::unique_ptr<ErrorNormalization> error_norm, std::unique_ptr<Feedback> feedback = symmetric_feedback(),
              ErrorActsOn acts_on = ErrorActsOn::both);

  /// h [n x B] of a batch. The result, and the memory that x views, must stay until `backward` has been called.
  ConstMatrixView forward(const Input& x);

  /// Gets the error at h from `above` through the feedback, and passes it through this layer. Call it after the
  /// backward pass of `above`. @param x  input of this layer
  void backward(const Circuit& above, const Input& x);
  /// Lets error normalization and feedback record what they learn from the last batch. Call it after `backward`, in
  /// training steps only. @param above  as for `backward`
  void learn(const Circuit& above);

  /// h as [B x n]: what the layer above learns from. Filled by `transpose_activity`, because only learning needs it.
  ConstMatrixView by_sample() const { return {h_by_sample_.data(), batch_, n()}; }
  void transpose_activity();

  Circuit& circuit() { return *circuit_; }
  const Circuit& circuit() const { return *circuit_; }
  ErrorNormalization& error_norm() { return *error_norm_; }
  const ErrorNormalization& error_norm() const { return *error_norm_; }
  Feedback& feedback() { return *feedback_; }
  const Feedback& feedback() const { return *feedback_; }

  // The last batch, for observers; all [n x B]. The errors computed from g, delta and below, belong to the circuit.
  ConstMatrixView z() const { return {z_, n(), batch_}; }  ///< the circuit's output
  ConstMatrixView y() const { return {y_, n(), batch_}; }  ///< normalized z, before rectification
  ConstMatrixView activity() const { return h_(batch_); }  ///< h
  ConstMatrixView error() const { return g_(batch_); }     ///< g, after a backward pass

 private:
  Index n() const { return circuit_->size().n; }

  std::unique_ptr<Circuit> circuit_;
  std::unique_ptr<ActivityNormalization> activity_norm_;
  std::unique_ptr<ErrorNormalization> error_norm_;
  std::unique_ptr<Feedback> feedback_;
  ErrorActsOn acts_on_;
  Index batch_ = 0;
  const Real* z_ = nullptr;
  const Real* y_ = nullptr;
  BatchBuffer h_, g_;
  Matrix h_by_sample_;
};

}  // namespace chandelier

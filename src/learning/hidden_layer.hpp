// A hidden layer: circuit, activity normalization and rectification on the way up; the derivative of the
// rectification, error normalization and circuit on the way down.
//
//   z -> y = norm(z) -> h = relu(y)          g = error at h * 1[y > 0] -> c = N(g)
//
// A layer has two errors, each divided by D where inhibition divides: delta, which its weights learn from, and below,
// which it transmits.
//
//   error acts on both      delta = c/D    below = c/D        the paper
//                 weights   delta = c/D    below = g/D
//                 below     delta = g/D    below = c/D

#pragma once

#include <memory>

#include "circuits/circuit.hpp"
#include "learning/feedback.hpp"
#include "normalization/activity_normalization.hpp"
#include "normalization/error_normalization.hpp"

namespace chandelier {

/// Which of the two errors of a layer is normalized (science: section 10).
enum class ErrorActsOn { both, weights, below };

class HiddenLayer {
 public:
  HiddenLayer(std::unique_ptr<Circuit> circuit, std::unique_ptr<ActivityNormalization> activity_norm,
              std::unique_ptr<ErrorNormalization> error_norm, std::unique_ptr<Feedback> feedback = symmetric_feedback(),
              ErrorActsOn acts_on = ErrorActsOn::both);

  /// h [n x B] of a batch. What it returns and what x views must stay until `backward` was called.
  ConstMatrixView forward(const Input& x);

  /// Takes the error at h, which the feedback brings from `above`, through this layer. Follows the backward pass of
  /// `above`; @param x what entered this layer
  void backward(const Circuit& above, const Input& x);
  /// Lets what has rules of its own note what it learns from the last batch. Follows `backward`, in a step of learning.
  /// @param above as for `backward`
  void learn(const Circuit& above);

  /// h once more, as [B x n]: what the layer above learns from. Only learning needs it, so it is filled in on request.
  ConstMatrixView by_sample() const { return {h_by_sample_.data(), batch_, n()}; }
  void transpose_activity();

  Circuit& circuit() { return *circuit_; }
  const Circuit& circuit() const { return *circuit_; }
  ErrorNormalization& error_norm() { return *error_norm_; }
  const ErrorNormalization& error_norm() const { return *error_norm_; }
  Feedback& feedback() { return *feedback_; }
  const Feedback& feedback() const { return *feedback_; }

  // The last batch, for observers; all [n x B]. The errors that follow from g are the circuit's: delta and below.
  ConstMatrixView z() const { return {z_, n(), batch_}; }  ///< the circuit's output
  ConstMatrixView y() const { return {y_, n(), batch_}; }  ///< normalized, before rectification
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

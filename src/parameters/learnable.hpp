// Whoever owns parameters: a circuit, an error normalization, feedback. It says what they are and what they learn from.

#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "parameters/parameter.hpp"

namespace chandelier {

/// Everything else (updates, weight files, checkpoints, freezing, traces) finds parameters and signals through this
/// class, so a new owner needs no line elsewhere.
class Learnable {
 public:
  Learnable() = default;
  virtual ~Learnable() = default;
  Learnable(const Learnable&) = delete;
  Learnable& operator=(const Learnable&) = delete;

  virtual std::span<Parameter> parameters() { return parameters_; }
  std::span<const Parameter> parameters() const { return const_cast<Learnable*>(this)->parameters(); }
  bool has(std::string_view name) const;        ///< whether there is a parameter of this name
  Parameter& parameter(std::string_view name);  ///< @throws Bug when there is none of this name
  const Parameter& parameter(std::string_view name) const;

  /// What each parameter learns from the last batch; valid until the next one.
  virtual std::span<const LearningSignal> learning_signals() const { return signals_; }

 protected:
  // For constructors: pointers to parameters stay valid once all are there.
  void own(ParameterKind kind, MatrixView storage, Products& products);
  void own(ParameterKind kind, Index rows, Index cols);

  /// Notes that a parameter learns from `error` [post x B] and `presynaptic` [B x pre].
  void note_signal(std::string_view name, ConstMatrixView error, ConstMatrixView presynaptic);
  /// Forgets the signals of the batch before.
  void forget_signals() { signals_.clear(); }

 private:
  std::vector<Parameter> parameters_;
  std::vector<LearningSignal> signals_;
};

}  // namespace chandelier

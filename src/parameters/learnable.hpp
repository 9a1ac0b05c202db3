// Owners of parameters: circuits, error normalizations and feedback. Owners declare what their parameters learn from.

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "parameters/parameter.hpp"

namespace chandelier {

/// A running mean over training batches: value <- .99 value + .01 x, starting with the first x. Part of a checkpoint,
/// but not a weight.
struct RunningMean {
  std::string name;
  Real value = 0;  ///< 0 before the first x

  void take(Real x) { value = value == 0 ? x : Real(0.99) * value + Real(0.01) * x; }
};

/// An owner of parameters. Updates, weight files, checkpoints, freezing and traces find parameters and learning signals
/// through this class, so a new owner needs no code elsewhere.
class Learnable {
 public:
  Learnable() = default;
  virtual ~Learnable() = default;
  Learnable(const Learnable&) = delete;
  Learnable& operator=(const Learnable&) = delete;

  virtual std::span<Parameter> parameters() { return parameters_; }
  std::span<const Parameter> parameters() const { return const_cast<Learnable*>(this)->parameters(); }
  bool has(std::string_view name) const;        ///< whether it has a parameter of this name
  Parameter& parameter(std::string_view name);  ///< @throws Bug if there is none
  const Parameter& parameter(std::string_view name) const;

  /// Other state that is kept from batch to batch.
  virtual std::span<RunningMean> running_means() { return running_means_; }
  std::span<const RunningMean> running_means() const { return const_cast<Learnable*>(this)->running_means(); }

  /// What each parameter learns from the last batch. Valid until the next batch.
  virtual std::span<const LearningSignal> learning_signals() const { return signals_; }

 protected:
  // For constructors only: adding a parameter invalidates pointers to the others.
  void own(ParameterKind kind, MatrixView storage, Products& products);
  void own(ParameterKind kind, Index rows, Index cols);

  void own_running_means(std::vector<RunningMean> means) { running_means_ = std::move(means); }

  /// Records that a parameter learns from `error` [post x B] and `presynaptic` [B x pre].
  void note_signal(std::string_view name, ConstMatrixView error, ConstMatrixView presynaptic);
  /// Forgets the signals of the previous batch.
  void forget_signals() { signals_.clear(); }

 private:
  std::vector<Parameter> parameters_;
  std::vector<LearningSignal> signals_;
  std::vector<RunningMean> running_means_;
};

}  // namespace chandelier

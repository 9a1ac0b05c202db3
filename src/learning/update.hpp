// How weights change (science: section 6). Per parameter group:
//
//   v <- mu v + grad,   w <- w - lr v          Nesterov: w <- w - lr (grad + mu v)
//   w <- w - lr wd w                           decoupled weight decay, never on inhibitory weights
//   w <- max(0, w)                             Dale's law, by Parameter::change
//
// or, exponentiated (Cornford et al. 2024):  w <- w exp(-lr sign(w) v).
//
// Plain descent never forms a gradient: error and presynaptic activity are multiplied into the weights in place.

#pragma once

#include <map>
#include <string>

#include "parameters/parameter.hpp"

namespace chandelier {

struct UpdateSettings {
  std::map<std::string, double> rates = {};  ///< learning rates by the name that parameters give
  double momentum = 0;                       ///< mu of what is not inhibitory
  double momentum_inhibitory = 0;
  bool nesterov = false;  ///< with plain descent only
  double weight_decay = 0;
  bool exponentiated = false;  ///< for weights; biases start at 0, where it could never move them, and descend
};

/// The update of one parameter, with its velocity where it needs one.
class Update {
 public:
  /// @throws Bug when there is no such rate as the parameter's
  Update(const Parameter& parameter, const UpdateSettings& settings);

  /// One step along grad = signal.error * signal.presynaptic.
  void step(const LearningSignal& signal);

  /// v [rows x cols]: part of a checkpoint; empty without momentum.
  MatrixView velocity() { return {velocity_.data(), mu_ == 0 ? 0 : velocity_.rows(), velocity_.cols()}; }

 private:
  void descend_in_place(const LearningSignal& signal);
  void descend_along_velocity(const LearningSignal& signal);
  void exponentiate(const LearningSignal& signal);

  Real lr_, mu_, decay_;
  bool nesterov_, exponentiated_;
  Matrix velocity_;  ///< v; the gradient itself where mu is 0 but a rule needs it
};

}  // namespace chandelier

// Weight updates (docs/notation.md, section 6). For each parameter:
//
//   v <- mu v + grad,   w <- w - lr v          Nesterov: w <- w - lr (grad + mu v)
//   w <- w - lr wd w                           decoupled weight decay, never on inhibitory weights
//   w <- max(0, w)                             Dale's law, in Parameter
//
// or, exponentiated (Cornford et al. 2024):  w <- w exp(-lr sign(w) v).
//
// Plain SGD never stores a gradient: the product of error and presynaptic activity is added to the weights in place.

#pragma once

#include <map>
#include <string>

#include "parameters/parameter.hpp"

namespace chandelier {

struct UpdateSettings {
  std::map<std::string, double> rates = {};  ///< learning rates by their setting, which parameters name
  double momentum = 0;                       ///< mu of all weights that are not inhibitory
  double momentum_inhibitory = 0;            ///< mu of inhibitory weights
  bool nesterov = false;                     ///< not with exponentiated gradient
  double weight_decay = 0;
  bool exponentiated = false;  ///< for weights only; biases start at 0, which this update could never change
};

/// The update of one parameter, with its velocity where it needs one.
class Update {
 public:
  /// @throws Bug if the parameter's learning rate does not exist
  Update(const Parameter& parameter, const UpdateSettings& settings);

  /// One step along grad = signal.error * signal.presynaptic.
  void step(const LearningSignal& signal);

  /// v [rows x cols], part of a checkpoint. Empty without momentum.
  MatrixView velocity() { return {velocity_.data(), mu_ == 0 ? 0 : velocity_.rows(), velocity_.cols()}; }

 private:
  void descend_in_place(const LearningSignal& signal);
  void descend_along_velocity(const LearningSignal& signal);
  void exponentiate(const LearningSignal& signal);

  Real lr_, mu_, decay_;
  bool nesterov_, exponentiated_;
  Matrix velocity_;  ///< v; the gradient itself if mu is 0 but the update needs it
};

}  // namespace chandelier

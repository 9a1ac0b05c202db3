// How an error travels from a layer to the one beneath it.

#pragma once

#include <memory>

#include "circuits/circuit.hpp"

namespace chandelier {

/// Carries the errors that a layer transmits down to the activity that enters it. One object belongs to one hidden
/// layer, the one that receives; it may own weights.
class Feedback : public Learnable {
 public:
  /// error = what `above.below()` [n x B] is to the layer beneath, [k x B]. Follows the backward pass of `above`.
  virtual void carry(const Circuit& above, MatrixView error) = 0;
};

/// Errors go down through the synapses by which activity came up, as in back-propagation.
std::unique_ptr<Feedback> symmetric_feedback();

}  // namespace chandelier

// Feedback: how errors travel from a layer of n units to the k units below it (docs/notation.md, section 5).
//
//   symmetric       the synapses of the forward pass carry errors down, as in back-propagation
//   fixed           error = below F       F [n x k] drawn like the initial weights that carry errors, never changed
//   kolen-pollack   error = below F       F <- F - lr (delta^T X), then F <- F - lr wd F, then Dale's law
//   direct          error = delta_out F   F [classes x k], from the readout to every hidden layer, never changed

#pragma once

#include <cstdint>
#include <memory>

#include "circuits/circuit.hpp"
#include "circuits/initialization.hpp"

namespace chandelier {

/// Carries the errors that a layer transmits down to the activity that enters it. An object belongs to the hidden layer
/// that receives the errors. It may own weights.
class Feedback : public Learnable {
 public:
  /// error = `above.below()` [n x B], carried to the layer below, [k x B]. Call it after the backward pass of `above`.
  virtual void carry(const Circuit& above, MatrixView error) = 0;

  /// Records what its weights learn from. Called once per training step, like ErrorNormalization::learn.
  /// @param X  the activity that entered `above`, [B x k]
  virtual void learn(const Circuit& /*above*/, ConstMatrixView /*X*/) {}

  /// Whether its weights replace those of the layer above, and are stored with that layer.
  virtual bool stands_for_weights_above() const { return true; }
};

std::unique_ptr<Feedback> symmetric_feedback();

/// How the feedback weights F are drawn. If only Wex carries errors, F is like Wex and obeys Dale's law. If inhibition
/// carries them too, as in E-I circuits, F is like Wex minus the mean of its rows.
struct FeedbackDraw {
  ExcitatoryDistribution distribution = ExcitatoryDistribution::lognormal;
  std::uint64_t seed = 0;
  std::uint32_t layer = 0;  ///< number of the layer that F is stored with
};

/// @param above  the layer whose weights F replaces
std::unique_ptr<Feedback> fixed_feedback(const Circuit& above, const FeedbackDraw& draw);
/// Without weight decay, F never aligns with the weights it replaces.
/// @param above  the layer whose weights F replaces
std::unique_ptr<Feedback> kolen_pollack_feedback(const Circuit& above, const FeedbackDraw& draw);
/// @param readout  source of the errors; must outlive the feedback
/// @param k  units of the layer that receives them
std::unique_ptr<Feedback> direct_feedback(const Circuit& readout, Index k, const FeedbackDraw& draw);

}  // namespace chandelier

// How an error travels from a layer to the one beneath it (science: section 10). B samples; k units below, n above.
//
//   symmetric       the synapses by which activity came up carry errors down, as in back-propagation
//   fixed           error = below F       F [n x k] drawn like what carries errors at the start, never changed
//   kolen-pollack   error = below F       F <- F - lr (delta^T X), then F <- F - lr wd F, then Dale's law
//   direct          error = delta_out F   F [classes x k], from the readout to every hidden layer, never changed

#pragma once

#include <cstdint>
#include <memory>

#include "circuits/circuit.hpp"
#include "circuits/initialization.hpp"

namespace chandelier {

/// Carries the errors that a layer transmits down to the activity that enters it. One object belongs to one hidden
/// layer, the one that receives; it may own weights.
class Feedback : public Learnable {
 public:
  /// error = what `above.below()` [n x B] is to the layer beneath, [k x B]. Follows the backward pass of `above`.
  virtual void carry(const Circuit& above, MatrixView error) = 0;

  /// Notes what its weights learn from. Called once a step, as ErrorNormalization::learn.
  /// @param X the activity that entered `above`, [B x k]
  virtual void learn(const Circuit& /*above*/, ConstMatrixView /*X*/) {}

  /// Whether its weights stand for those of the layer above, and are stored with that layer.
  virtual bool stands_for_weights_above() const { return true; }
};

std::unique_ptr<Feedback> symmetric_feedback();

/// What the weights F of a feedback are drawn with. Where only Wex carries the error, F is like Wex and obeys Dale's
/// law; where inhibition carries it too, as in E-I circuits, F is like Wex minus the mean of its rows.
struct FeedbackDraw {
  ExcitatoryDistribution distribution = ExcitatoryDistribution::lognormal;
  std::uint64_t seed = 0;
  std::uint32_t layer = 0;  ///< number of the layer with which F is stored
};

/// @param above the layer that F stands for
std::unique_ptr<Feedback> fixed_feedback(const Circuit& above, const FeedbackDraw& draw);
/// @param above the layer that F stands for. Without weight decay F never comes to align with it.
std::unique_ptr<Feedback> kolen_pollack_feedback(const Circuit& above, const FeedbackDraw& draw);
/// @param readout where the errors come from; it must outlive the feedback  @param k units of the layer that receives
std::unique_ptr<Feedback> direct_feedback(const Circuit& readout, Index k, const FeedbackDraw& draw);

}  // namespace chandelier

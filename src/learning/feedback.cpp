#include "learning/feedback.hpp"

#include <utility>

namespace chandelier {
namespace {

class Symmetric final : public Feedback {
 public:
  void carry(const Circuit& above, MatrixView error) override { above.error_below(error); }
};

/// Feedback with its own weights F [n x k].
class OwnWeights : public Feedback {
 public:
  OwnWeights(const LayerSize& size, bool centred, bool learns, const FeedbackDraw& draw)
      : products_(make_products(size.precision, size.n, size.k, size.capacity)),
        F_(feedback_weights(size.n, size.k, centred, draw.distribution, draw.seed, draw.layer)) {
    own({.name = "feedback", .sign = centred ? Sign::free : Sign::non_negative, .fixed = !learns, .plain = true},
        MatrixView(F_.data(), F_.rows(), F_.cols()), *products_);
  }

 protected:
  /// out = errors F
  void through_weights(ConstMatrixView errors, MatrixView out) { products_->backward(view(F_), errors, out); }

 private:
  std::unique_ptr<Products> products_;
  Matrix F_;
};

/// Whether inhibition carries the layer's errors down, in addition to Wex.
bool inhibition_carries(const Circuit& circuit) {
  return circuit.traits().has_inhibition && !circuit.traits().normalizes;
}

class InPlaceOfAbove final : public OwnWeights {
 public:
  InPlaceOfAbove(const Circuit& above, bool learns, const FeedbackDraw& draw)
      : OwnWeights(above.size(), inhibition_carries(above), learns, draw), learns_(learns) {}

  void carry(const Circuit& above, MatrixView error) override { through_weights(above.below(), error); }

  void learn(const Circuit& above, ConstMatrixView X) override {
    if (!learns_) return;
    forget_signals();
    note_signal("feedback", above.delta(), X);
  }

 private:
  bool learns_;
};

class Direct final : public OwnWeights {
 public:
  Direct(const Circuit& readout, Index k, const FeedbackDraw& draw)
      : OwnWeights(with_inputs(k, readout.size()), true, false, draw), readout_(readout) {}

  void carry(const Circuit& /*above*/, MatrixView error) override { through_weights(readout_.delta(), error); }
  bool stands_for_weights_above() const override { return false; }

 private:
  static LayerSize with_inputs(Index k, LayerSize size) {
    size.k = k;
    return size;
  }

  const Circuit& readout_;
};

}  // namespace

std::unique_ptr<Feedback> symmetric_feedback() { return std::make_unique<Symmetric>(); }

std::unique_ptr<Feedback> fixed_feedback(const Circuit& above, const FeedbackDraw& draw) {
  return std::make_unique<InPlaceOfAbove>(above, false, draw);
}

std::unique_ptr<Feedback> kolen_pollack_feedback(const Circuit& above, const FeedbackDraw& draw) {
  return std::make_unique<InPlaceOfAbove>(above, true, draw);
}

std::unique_ptr<Feedback> direct_feedback(const Circuit& readout, Index k, const FeedbackDraw& draw) {
  return std::make_unique<Direct>(readout, k, draw);
}

}  // namespace chandelier

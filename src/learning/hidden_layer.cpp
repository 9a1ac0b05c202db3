#include "learning/hidden_layer.hpp"

#include <utility>

#include "base/error.hpp"

namespace chandelier {

HiddenLayer::HiddenLayer(std::unique_ptr<Circuit> circuit, std::unique_ptr<ActivityNormalization> activity_norm,
                         std::unique_ptr<ErrorNormalization> error_norm, std::unique_ptr<Feedback> feedback,
                         ErrorActsOn acts_on)
    : circuit_(std::move(circuit)),
      activity_norm_(std::move(activity_norm)),
      error_norm_(std::move(error_norm)),
      feedback_(std::move(feedback)),
      acts_on_(acts_on),
      h_(circuit_->size().n, circuit_->size().capacity),
      g_(circuit_->size().n, circuit_->size().capacity),
      h_by_sample_(circuit_->size().capacity, circuit_->size().n) {
  if (acts_on_ != ErrorActsOn::both && !circuit_->size().two_errors)
    throw Bug("a layer has two errors, but its circuit has a buffer for only one");
}

ConstMatrixView HiddenLayer::forward(const Input& x) {
  batch_ = x.batch();
  const ConstMatrixView z = circuit_->forward(x);
  const ConstMatrixView y = activity_norm_->forward(z);
  z_ = z.data();
  y_ = y.data();
  rectify(y, h_(batch_));
  return activity();
}

void HiddenLayer::backward(const Circuit& above, const Input& x) {
  feedback_->carry(above, g_(batch_));
  pass_where_active(y(), g_(batch_));
  MatrixView learned = circuit_->learned_error(), transmitted = circuit_->transmitted_error();
  error_norm_->apply(y(), error(), acts_on_ == ErrorActsOn::below ? transmitted : learned);
  if (acts_on_ == ErrorActsOn::below)
    learned = error();
  else if (acts_on_ == ErrorActsOn::weights)
    transmitted = error();
  else if (circuit_->size().two_errors)
    transmitted = learned;
  circuit_->backward(x);
}

void HiddenLayer::learn(const Circuit& above) {
  error_norm_->learn(y(), error());
  feedback_->learn(above, by_sample());
}

void HiddenLayer::transpose_activity() { transpose(activity(), MatrixView(h_by_sample_.data(), batch_, n())); }

}  // namespace chandelier

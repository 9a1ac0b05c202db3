#include "training/trace.hpp"

#include <fmt/format.h>

#include "learning/weights.hpp"
#include "training/alignment.hpp"

namespace chandelier {
namespace {

/// Activity is stored as [units x batch]; in files, a row is a sample.
void put_by_sample(TensorFile& file, const std::string& name, ConstMatrixView activity) {
  const Matrix by_sample = activity.transpose();
  file.put(name, view(by_sample));
}

void record_activity(TensorFile& file, const std::string& prefix, const HiddenLayer& layer) {
  const Circuit& circuit = layer.circuit();
  put_by_sample(file, prefix + "excitation", circuit.excitation());
  if (const auto s = circuit.inhibition()) put_by_sample(file, prefix + "inhibition", *s);
  if (const auto d = circuit.divisor()) file.put(prefix + "divisor", *d);
  if (!circuit.traits().normalizes) put_by_sample(file, prefix + "pre_z", layer.z());
  put_by_sample(file, prefix + "z", layer.y());
  put_by_sample(file, prefix + "activity", layer.activity());
}

void record_errors(TensorFile& file, const std::string& prefix, const HiddenLayer& layer, const Input& x) {
  const Circuit& circuit = layer.circuit();
  put_by_sample(file, prefix + "error", layer.error());
  put_by_sample(file, prefix + "delta", circuit.delta());
  put_by_sample(file, prefix + "delta_below", circuit.below());
  if (const auto loss = circuit.homeostatic_loss()) file.put_scalar(prefix + "homeostatic_loss", *loss);
  if (const auto distance = circuit.layer_norm_distance()) file.put_scalar(prefix + "layer_norm_distance", *distance);
  file.put_scalar(prefix + "output_alignment", output_alignment(layer));
  file.put_scalar(prefix + "gradient_alignment", gradient_alignment(layer, Presynaptic(x.X)));
}

void record_gradients(TensorFile& file, const std::string& prefix, const Learnable& owner) {
  for (const LearningSignal& signal : owner.learning_signals()) {
    if (signal.parameter->is_replaced()) continue;
    Matrix gradient(signal.parameter->rows(), signal.parameter->cols());
    signal.parameter->accumulate({gradient.data(), gradient.rows(), gradient.cols()}, 0, 1, signal.error,
                                 signal.presynaptic);
    if (signal.parameter->is_vector())
      file.put(prefix + signal.parameter->name(), ConstVectorView(gradient.data(), gradient.rows()));
    else
      file.put(prefix + signal.parameter->name(), view(gradient));
  }
}

}  // namespace

void trace_forward(Network& network, ConstMatrixView images, const std::string& prefix, TensorFile& file) {
  put_by_sample(file, prefix + "logits", network.forward(images));
  for (std::size_t layer = 0; layer < network.hidden().size(); ++layer)
    record_activity(file, prefix + network.layer_name(layer) + ".", network.hidden()[layer]);
}

void trace_step(Network& network, Optimizer& optimizer, ConstMatrixView images, std::span<const std::uint8_t> labels,
                const std::string& prefix, TensorFile& file) {
  trace_forward(network, images, prefix, file);
  const LossSum sum = network.backward(labels);
  file.put_scalar(prefix + "loss", sum.loss / static_cast<double>(images.rows()));
  for (std::size_t layer = 0; layer < network.hidden().size(); ++layer)
    record_errors(file, prefix + network.layer_name(layer) + ".", network.hidden()[layer], network.input(layer));
  // Rules that learn set their learning signals during the step. All signals belong to the weights before the step.
  optimizer.step();
  network.for_each_learnable([&](const std::string& layer, const Learnable& owner) {
    record_gradients(file, prefix + layer + ".gradient.", owner);
  });
}

TensorFile trace(Network& network, Optimizer& optimizer, ConstMatrixView images, std::span<const std::uint8_t> labels,
                 Index batch, Index steps) {
  TensorFile file;
  for (Index step = 0; step < steps; ++step)
    trace_step(network, optimizer, rows_of(images, step * batch, batch),
               labels.subspan(static_cast<std::size_t>(step * batch), static_cast<std::size_t>(batch)),
               fmt::format("step{}.", step), file);
  put_weights(network, file);
  return file;
}

}  // namespace chandelier

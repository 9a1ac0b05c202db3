#include "learning/optimizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/error.hpp"

namespace chandelier {

Optimizer::Optimizer(Network& network, const UpdateSettings& settings, const std::vector<std::string>& freeze)
    : network_(network) {
  for (std::size_t layer = 0; layer < network.layers(); ++layer)
    for (const Parameter& parameter : network.circuit(layer).parameters()) {
      const std::string layer_name = network.layer_name(layer), name = layer_name + "." + parameter.name();
      const bool frozen = std::any_of(freeze.begin(), freeze.end(), [&](const std::string& f) {
        return f == parameter.name() || f == layer_name || f == name;
      });
      learners_.push_back({name, &parameter, frozen, Update(parameter, settings)});
    }
}

void Optimizer::step() {
  // The first weights last, for the forward pass of the next step then finds them in the cache.
  for (std::size_t layer = network_.layers(); layer-- > 0;) {
    const std::span<const LearningSignal> signals = network_.circuit(layer).learning_signals();
    for (auto signal = signals.rbegin(); signal != signals.rend(); ++signal) {
      const auto learner = std::find_if(learners_.begin(), learners_.end(),
                                        [&](const Learner& l) { return l.parameter == signal->parameter; });
      if (!learner->frozen) learner->update.step(*signal);
    }
  }
}

void Optimizer::put_velocities(TensorFile& file) {
  for (Learner& learner : learners_)
    if (learner.update.velocity().size() > 0) file.put(learner.name + ".velocity", view(learner.update.velocity()));
}

void Optimizer::take_velocities(const TensorFile& file, const std::string& origin) {
  for (Learner& learner : learners_) {
    MatrixView velocity = learner.update.velocity();
    if (velocity.size() == 0) continue;
    const std::string name = learner.name + ".velocity";
    const Matrix stored = matrix_from(file, name, origin);
    if (stored.rows() != velocity.rows() || stored.cols() != velocity.cols())
      throw DataError(fmt::format("{}: {} is [{} x {}], but this network needs [{} x {}]", origin, name, stored.rows(),
                                  stored.cols(), velocity.rows(), velocity.cols()));
    velocity = stored;
  }
}

}  // namespace chandelier

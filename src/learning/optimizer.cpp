#include "learning/optimizer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <span>

#include "base/error.hpp"

namespace chandelier {

Optimizer::Optimizer(Network& network, const UpdateSettings& settings, const std::vector<std::string>& freeze)
    : network_(network) {
  network.for_each_learnable([&](const std::string& layer, const Learnable& owner) {
    owners_.push_back(&owner);
    for (const Parameter& parameter : owner.parameters()) {
      if (parameter.is_fixed()) continue;
      const std::string name = layer + "." + parameter.name();
      const bool frozen = std::ranges::any_of(
          freeze, [&](const std::string& f) { return f == parameter.name() || f == layer || f == name; });
      learners_.push_back({name, &parameter, frozen, Update(parameter, settings)});
    }
  });
}

void Optimizer::step() {
  network_.learn();
  // In reverse order, so that the weights of the first layer are in the cache for the next forward pass.
  for (auto owner = owners_.rbegin(); owner != owners_.rend(); ++owner) {
    const std::span<const LearningSignal> signals = (*owner)->learning_signals();
    for (auto signal = signals.rbegin(); signal != signals.rend(); ++signal) {
      const auto learner = std::find_if(learners_.begin(), learners_.end(),
                                        [&](const Learner& l) { return l.parameter == signal->parameter; });
      if (learner == learners_.end())
        throw Bug(fmt::format("{} is fixed, but its owner notes what it learns from", signal->parameter->name()));
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

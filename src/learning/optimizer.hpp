// All the updates of a network: after a backward pass, every parameter that is not frozen takes one step.

#pragma once

#include <string>
#include <vector>

#include "base/safetensors.hpp"
#include "learning/network.hpp"
#include "learning/update.hpp"

namespace chandelier {

class Optimizer {
 public:
  /// @param freeze parameters ("Wix"), layers ("readout") or both ("hidden0.Wix") that keep their values
  Optimizer(Network& network, const UpdateSettings& settings, const std::vector<std::string>& freeze);

  /// One step of every parameter along what the network's last backward pass says. The network's rules that learn by
  /// themselves see the batch here.
  void step();

  // Momenta in a checkpoint, named `<layer>.<parameter>.velocity`.
  void put_velocities(TensorFile& file);
  /// @throws DataError naming `origin` when one is missing or of the wrong shape.
  void take_velocities(const TensorFile& file, const std::string& origin);

 private:
  struct Learner {
    std::string name;  ///< "hidden0.Wex"
    const Parameter* parameter;
    bool frozen;
    Update update;
  };

  Network& network_;
  std::vector<Learner> learners_;
  std::vector<const Learnable*> owners_;  ///< from below
};

}  // namespace chandelier

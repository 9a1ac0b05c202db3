// The updates of a network: after a backward pass, every parameter that is not frozen takes one step.

#pragma once

#include <string>
#include <vector>

#include "base/safetensors.hpp"
#include "learning/network.hpp"
#include "learning/update.hpp"

namespace chandelier {

class Optimizer {
 public:
  /// @param freeze  parameters ("Wix"), layers ("readout") or both ("hidden0.Wix") that keep their values
  Optimizer(Network& network, const UpdateSettings& settings, const std::vector<std::string>& freeze);

  /// One step of every parameter, from the learning signals of the last backward pass. Also calls `Network::learn`.
  void step();

  // Momentum buffers in a checkpoint, named `<layer>.<parameter>.velocity`.
  void put_velocities(TensorFile& file);
  /// @throws DataError naming `origin` if one is missing or has the wrong shape
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
  std::vector<const Learnable*> owners_;  ///< from the lowest layer
};

}  // namespace chandelier

#include "training/checkpoint.hpp"

#include <cmath>

#include "base/error.hpp"
#include "memory_file.hpp"
#include "targets.hpp"
#include "training/network_builder.hpp"

namespace chandelier::fuzz {
namespace {

/// Small, and with everything that a checkpoint can hold.
Settings small_settings() {
  Settings settings;
  settings.width = {3};
  settings.classes = 2;
  settings.inhibitory_fraction = 0.4;
  settings.error_norm = "lateral";
  settings.momentum = settings.momentum_inhibitory = 0.9;
  return settings;
}

}  // namespace

void read_checkpoint(std::string_view bytes) {
  static const Settings settings = small_settings();
  static Network network = initial_network(settings, 4, 1);
  static Optimizer optimizer = optimizer_of(network, settings);
  const MemoryFile file(bytes);
  // Behind the seal, which hardly any made-up bytes would pass.
  const Position position = take_checkpoint(read_tensors(file.path()), "checkpoint", network, optimizer);
  if (!std::isfinite(position.seconds)) throw Bug("a run cannot have taken forever");
}

}  // namespace chandelier::fuzz

#include "learning/weights.hpp"

#include <array>

#include "memory_file.hpp"
#include "targets.hpp"
#include "training/network_builder.hpp"

namespace chandelier::fuzz {

void read_weights(std::string_view bytes) {
  const MemoryFile stored(bytes);
  const TensorFile file = read_tensors(stored.path());
  Settings settings;
  settings.error_norm = "lateral";  // the one that has values in the file
  if (const auto circuit = file.metadata.find("circuit"); circuit != file.metadata.end() && circuit->second == "ei")
    settings.circuit = "ei";
  Network network = network_from(settings, file, "input", 1);
  const std::vector<Real> image(static_cast<std::size_t>(network.inputs()), Real(0.5));
  network.forward({image.data(), 1, network.inputs()});
  network.backward(std::array<std::uint8_t, 1>{0});
}

}  // namespace chandelier::fuzz

#include "learning/weights.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"

namespace chandelier {

void put_weights(const Network& network, TensorFile& file) {
  for (std::size_t layer = 0; layer < network.layers(); ++layer) {
    const std::string prefix = network.layer_name(layer) + ".";
    for (const Parameter& parameter : network.circuit(layer).parameters()) {
      if (parameter.is_vector())
        file.put(prefix + parameter.name(), parameter.vector());
      else
        file.put(prefix + parameter.name(), parameter.value());
    }
    if (layer == network.hidden().size()) continue;
    const std::span<const Real> lateral = network.hidden()[layer].error_norm().lateral();
    if (!lateral.empty())
      file.put(prefix + "lateral", ConstVectorView(lateral.data(), static_cast<Index>(lateral.size())));
  }
}

void take_weights(Network& network, const TensorFile& file, const std::string& origin) {
  for (std::size_t layer = 0; layer < network.layers(); ++layer) {
    const std::string layer_name = network.layer_name(layer), prefix = layer_name + ".";
    for (Parameter& parameter : network.circuit(layer).parameters()) {
      const std::string name = prefix + parameter.name();
      if (parameter.is_vector()) {
        const Vector values = vector_from(file, name, origin);
        parameter.assign(ConstMatrixView(values.data(), values.size(), 1), origin, layer_name);
      } else {
        parameter.assign(view(matrix_from(file, name, origin)), origin, layer_name);
      }
    }
    if (layer == network.hidden().size()) continue;
    const std::span<Real> lateral = network.hidden()[layer].error_norm().lateral();
    if (lateral.empty()) continue;
    const Vector values = vector_from(file, prefix + "lateral", origin);
    if (values.size() != static_cast<Index>(lateral.size()))
      throw DataError(fmt::format("{}: {}lateral has {} values, but the layer has {} units", origin, prefix,
                                  values.size(), lateral.size()));
    std::copy_n(values.data(), lateral.size(), lateral.begin());
  }
}

}  // namespace chandelier

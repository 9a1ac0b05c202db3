#include "learning/weights.hpp"

#include <fmt/format.h>

#include <map>

#include "base/error.hpp"

namespace chandelier {

void put_weights(const Network& network, TensorFile& file) {
  network.for_each_parameter([&](const std::string& layer, const Parameter& parameter) {
    const std::string name = layer + "." + parameter.name();
    if (parameter.is_vector())
      file.put(name, parameter.vector());
    else
      file.put(name, parameter.value());
  });
}

void take_weights(Network& network, const TensorFile& file, const std::string& origin) {
  network.for_each_parameter([&](const std::string& layer, Parameter& parameter) {
    const std::string name = layer + "." + parameter.name();
    if (parameter.is_vector()) {
      const Vector values = vector_from(file, name, origin);
      parameter.assign(ConstMatrixView(values.data(), values.size(), 1), origin, layer);
    } else {
      parameter.assign(view(matrix_from(file, name, origin)), origin, layer);
    }
  });
}

void put_running_means(const Network& network, TensorFile& file) {
  network.for_each_learnable([&](const std::string& layer, const Learnable& owner) {
    for (const RunningMean& mean : owner.running_means())
      file.put(layer + "." + mean.name, ConstVectorView(&mean.value, 1));
  });
}

void take_running_means(Network& network, const TensorFile& file, const std::string& origin) {
  network.for_each_learnable([&](const std::string& layer, Learnable& owner) {
    for (RunningMean& mean : owner.running_means()) {
      const std::string name = layer + "." + mean.name;
      const Vector stored = vector_from(file, name, origin);
      if (stored.size() != 1 || !(stored[0] >= 0))
        throw DataError(fmt::format("{}: {} is not a single number of at least 0", origin, name));
      mean.value = stored[0];
    }
  });
}

void copy_weights(const Network& from, Network& to) {
  std::map<std::string, const Parameter*> sources;
  from.for_each_parameter([&](const std::string& layer, const Parameter& parameter) {
    sources[layer + "." + parameter.name()] = &parameter;
  });
  to.for_each_parameter([&](const std::string& layer, Parameter& parameter) {
    const auto source = sources.find(layer + "." + parameter.name());
    if (source == sources.end()) throw Bug(fmt::format("no {}.{} to copy", layer, parameter.name()));
    parameter.change([&](MatrixView w) { w = source->second->value(); });
  });
}

bool all_finite(const Network& network) {
  bool finite = true;
  network.for_each_parameter(
      [&](const std::string&, const Parameter& parameter) { finite = finite && parameter.value().allFinite(); });
  return finite;
}

}  // namespace chandelier

#include "training/network_builder.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "base/error.hpp"
#include "circuits/excitatory_inhibitory.hpp"
#include "circuits/initialization.hpp"
#include "learning/weights.hpp"
#include "training/registry.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

/// @throws SettingError if two owners in a layer use the same name, which can happen only with custom rules
void check_names(const Network& network) {
  std::set<std::string> names;
  const auto add = [&](const std::string& layer, const std::string& name) {
    if (!names.insert(layer + "." + name).second)
      throw SettingError(fmt::format(
          "{}: two parameters of this layer are called '{}'; rename the one in your custom rule", layer, name));
  };
  network.for_each_learnable([&](const std::string& layer, const Learnable& owner) {
    for (const Parameter& parameter : owner.parameters()) add(layer, parameter.name());
    for (const RunningMean& mean : owner.running_means()) add(layer, mean.name);
  });
}

/// A network of these sizes with all weights 0, in the precision of the settings.
Network assemble(const Settings& settings, std::vector<LayerSize> sizes) {
  const ErrorActsOn acts_on = error_acts_on(settings);
  const std::size_t readout = sizes.size() - 1;
  std::vector<std::unique_ptr<Circuit>> circuits;
  for (std::size_t layer = 0; layer < sizes.size(); ++layer) {
    LayerSize& size = sizes[layer];
    size.precision = precision_of(settings);
    size.two_errors = layer != readout && acts_on != ErrorActsOn::both;
    circuits.push_back(layer == readout ? std::make_unique<ExcitatoryInhibitory>(size)
                                        : make_circuit(settings, size, static_cast<std::uint32_t>(layer)));
  }
  std::vector<HiddenLayer> hidden;
  for (std::size_t layer = 0; layer < readout; ++layer) {
    const LayerSize& size = sizes[layer];
    const auto number = static_cast<std::uint32_t>(layer);
    auto activity_norm = make_activity_norm(settings.activity_norm, size.n, size.capacity);
    auto error_norm = make_error_norm(
        settings, {.n = size.n, .capacity = size.capacity, .layer = number, .activity_norm = activity_norm.get()});
    auto feedback = make_feedback(
        settings, {.layer = number, .n = size.n, .above = *circuits[layer + 1], .readout = *circuits[readout]});
    hidden.emplace_back(std::move(circuits[layer]), std::move(activity_norm), std::move(error_norm),
                        std::move(feedback), acts_on);
  }
  Network network(std::move(hidden), std::move(circuits[readout]), settings.label_smoothing);
  check_names(network);
  return network;
}

/// The rows and columns of a matrix in a weight file.
std::pair<Index, Index> shape_of(const TensorFile& weights, const std::string& name, const std::string& origin) {
  const auto found = weights.tensors.find(name);
  if (found == weights.tensors.end()) throw DataError(fmt::format("{}: the tensor {} is missing", origin, name));
  const auto& shape = found->second.shape;
  if (shape.size() != 2 || shape[0] < 1 || shape[1] < 1)
    throw DataError(
        fmt::format("{}: the tensor {} has the shape [{}], but it must be a matrix with at least one row and column",
                    origin, name, fmt::join(shape, ", ")));
  return {shape[0], shape[1]};
}

void check_metadata(const TensorFile& weights, const std::string& key, const Settings& settings,
                    const std::string& origin) {
  const Setting& setting = *find_setting(key);
  const std::string wanted = text_of(setting.of(settings));
  const auto found = weights.metadata.find(key);
  if (found == weights.metadata.end() || found->second == wanted) return;
  // An unknown name is not repeated in the message: it may be of any length and contain anything.
  if (!setting.can_hold(found->second))
    throw DataError(fmt::format("{}: these weights were trained with an unknown {}; expected one of {}", origin, key,
                                fmt::join(setting.choices(), ", ")));
  throw DataError(fmt::format("{}: these weights were trained with {} '{}', but the settings say '{}'", origin, key,
                              found->second, wanted));
}

/// The settings with the number of error interneurons that the weights have, if any: Ue [e x n].
Settings with_interneurons_of(const TensorFile& weights, Settings settings, const std::string& origin) {
  for (std::size_t layer = 0; layer < settings.width.size(); ++layer)
    if (const std::string name = fmt::format("hidden{}.Ue", layer); weights.tensors.contains(name)) {
      settings.error_interneurons = static_cast<int>(shape_of(weights, name, origin).first);
      break;
    }
  return settings;
}

bool names_layer(std::string_view text) {
  if (text == "readout") return true;
  if (!text.starts_with("hidden")) return false;
  text.remove_prefix(std::string_view("hidden").size());
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// Whether a built-in circuit, error normalization or feedback has a parameter of this name.
bool names_parameter(std::string_view text) {
  const auto in_circuit = [&](std::string_view name) {
    Settings settings;
    settings.circuit = name;
    return make_circuit(settings, {.k = 2, .n = 2, .m = 1, .capacity = 1})->has(text);
  };
  const auto in_rule = [&](std::string_view name) {
    Settings settings;
    settings.error_norm = name;
    const auto activity_norm = make_activity_norm("none", 2, 1);
    return make_error_norm(settings, {.n = 2, .capacity = 1, .activity_norm = activity_norm.get()})->has(text);
  };
  return text == "feedback" || std::ranges::any_of(known_circuit_names(), in_circuit) ||
         std::ranges::any_of(known_error_norm_names(), in_rule);
}

/// Makes sure that no parameter is silently ignored, such as a layer above a missing one, or Bix under another circuit.
/// The file may contain other tensors (the velocities of a checkpoint, the steps of a trace).
void check_all_used(const TensorFile& weights, const Network& network, const std::string& origin) {
  std::set<std::string> used;
  network.for_each_parameter(
      [&](const std::string& layer, const Parameter& parameter) { used.insert(layer + "." + parameter.name()); });
  for (const auto& [name, tensor] : weights.tensors) {
    const std::string_view layer = std::string_view(name).substr(0, name.find('.'));
    if (!used.contains(name) && names_layer(layer) &&
        names_parameter(std::string_view(name).substr(std::min(layer.size() + 1, name.size()))))
      throw DataError(fmt::format("{}: the tensor {} does not belong to this network", origin, name));
  }
}

}  // namespace

Precision precision_of(const Settings& settings) {
  return settings.precision == "bf16"   ? Precision::bf16
         : settings.precision == "fp16" ? Precision::fp16
                                        : Precision::fp32;
}

Network blank_network(const Settings& settings, Index inputs, Index capacity) {
  std::vector<LayerSize> sizes;
  Index k = inputs;
  for (const int n : settings.width) {
    sizes.push_back({k, n, inhibitory_units(n, settings.inhibitory_fraction), capacity});
    k = n;
  }
  sizes.push_back({k, settings.classes, 1, capacity});
  return assemble(settings, std::move(sizes));
}

Network initial_network(const Settings& settings, Index inputs, Index capacity) {
  Network network = blank_network(settings, inputs, capacity);
  for (std::size_t layer = 0; layer < network.layers(); ++layer)
    initialize(network.circuit(layer), initial_distribution(settings), settings.seed,
               static_cast<std::uint32_t>(layer));
  return network;
}

Network network_shaped_like(const Network& other, const Settings& settings, Index capacity) {
  std::vector<LayerSize> sizes;
  for (std::size_t layer = 0; layer < other.layers(); ++layer) {
    sizes.push_back(other.circuit(layer).size());
    sizes.back().capacity = capacity;
  }
  return assemble(settings, sizes);
}

int hidden_layers_in(const TensorFile& weights) {
  int layers = 0;
  while (weights.tensors.contains(fmt::format("hidden{}.Wex", layers))) ++layers;
  return layers;
}

Network network_from(const Settings& settings, const TensorFile& weights, const std::string& origin, Index capacity) {
  for (const char* key : {"circuit", "activity_norm", "error_norm"}) check_metadata(weights, key, settings, origin);
  std::vector<LayerSize> sizes;
  const auto add = [&](const std::string& layer, bool inhibition) {
    const auto [n, k] = shape_of(weights, layer + ".Wex", origin);
    if (n < 2) throw DataError(fmt::format("{}: {}.Wex has {} unit, but a layer needs at least 2", origin, layer, n));
    if (!sizes.empty() && sizes.back().n != k)
      throw DataError(fmt::format("{}: {}.Wex takes {} inputs, but the layer below has {} units", origin, layer, k,
                                  sizes.back().n));
    Index m = 0;
    if (inhibition) {
      m = shape_of(weights, layer + ".Wix", origin).first;
      // Check before allocating memory: the sizes of the other matrices could imply a Wei of any size.
      const auto [rows, columns] = shape_of(weights, layer + ".Wei", origin);
      if (rows != n || columns != m)
        throw DataError(fmt::format("{}: {}.Wei is [{} x {}], but this network needs [{} x {}]", origin, layer, rows,
                                    columns, n, m));
    }
    sizes.push_back({k, n, m, capacity});
  };
  const int hidden = std::max(1, hidden_layers_in(weights));
  const std::size_t rules = items_of(settings.error_norm).size();
  if (rules > 1 && std::cmp_not_equal(rules, hidden))
    throw SettingError(
        fmt::format("error_norm lists {} rules ({}), but {} has {} hidden layers; give one for each, or "
                    "one for all",
                    rules, settings.error_norm, origin, hidden));
  for (int layer = 0; layer < hidden; ++layer)
    add(fmt::format("hidden{}", layer), circuit_traits(settings.circuit).has_inhibition);
  add("readout", true);
  Network network = assemble(with_interneurons_of(weights, settings, origin), sizes);
  check_all_used(weights, network, origin);
  take_weights(network, weights, origin);
  return network;
}

TensorFile weights_of(const Network& network, const Settings& settings) {
  TensorFile file;
  file.metadata = {
      {"circuit", settings.circuit}, {"activity_norm", settings.activity_norm}, {"error_norm", settings.error_norm}};
  put_weights(network, file);
  return file;
}

Optimizer optimizer_of(Network& network, const Settings& settings) {
  UpdateSettings update{.momentum = settings.momentum,
                        .momentum_inhibitory = settings.momentum_inhibitory,
                        .nesterov = settings.nesterov,
                        .weight_decay = settings.weight_decay,
                        .exponentiated = settings.update == "exponentiated"};
  for (const Setting& setting : setting_list())
    if (setting.is_rate) update.rates.emplace(setting.key, std::get<double>(setting.of(settings)));
  return {network, update, settings.freeze};
}

}  // namespace chandelier

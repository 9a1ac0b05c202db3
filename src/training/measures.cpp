#include "training/measures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "base/error.hpp"
#include "base/quantile.hpp"
#include "circuits/homeostasis.hpp"
#include "training/alignment.hpp"
#include "training/measure_names.hpp"

namespace chandelier {
namespace {

constexpr double kUndefined = std::numeric_limits<double>::quiet_NaN();

bool applies(std::string_view name, const Circuit& circuit) {
  if (name == "homeostatic_loss" || name == "layer_norm_distance") return circuit.homeostatic_loss().has_value();
  if (name.starts_with("divisor_")) return circuit.divisor().has_value();
  return true;
}

double share_of_zeros(ConstMatrixView w) {
  return static_cast<double>((w.array() == 0).count()) / static_cast<double>(w.size());
}

bool is_of_gradients(std::string_view name) {
  return name == "gradient_alignment" || name == "task_gradient_alignment";
}

/// The value of a measure that is averaged over batches.
/// @param x what entered the layer, where a measure is of gradients
double on_batch(std::string_view name, const Network& network, const LayerNormTwin* twin, std::size_t index,
                const std::optional<Presynaptic>& x) {
  const HiddenLayer& layer = network.hidden()[index];
  if (name == "mean") return mean_over_batch(layer.pre_z(), [](double mean, double) { return mean; });
  if (name == "variance") return mean_over_batch(layer.pre_z(), [](double, double variance) { return variance; });
  if (name == "homeostatic_loss") return *layer.circuit().homeostatic_loss();
  if (name == "layer_norm_distance") return *layer.circuit().layer_norm_distance();
  if (name == "output_alignment") return output_alignment(layer);
  if (name == "gradient_alignment") return gradient_alignment(layer, *x);
  if (name == "error_eigenvalue") return error_eigenvalue(layer.error());
  if (name == "uniform_share") return uniform_share(layer.error());
  if (name == "task_gradient_alignment") return task_gradient_alignment(network, *twin, index, *x);
  return 0;  // not averaged, see Measures::value
}

bool is_of_errors(std::string_view name) {
  constexpr std::array<std::string_view, 5> kOfErrors{"output_alignment", "gradient_alignment", "error_eigenvalue",
                                                      "task_gradient_alignment", "uniform_share"};
  return std::find(kOfErrors.begin(), kOfErrors.end(), name) != kOfErrors.end();
}

}  // namespace

MeasurePlan::MeasurePlan(const Settings& settings) {
  const auto& chosen = settings.measure;
  const auto has = [&](std::string_view name) { return std::find(chosen.begin(), chosen.end(), name) != chosen.end(); };
  const bool reference = has("reference");
  // Beside `reference`, names choose among the measures; alone, it means all of them.
  const bool all = has("all") || (reference && chosen.size() == 1);
  for (const std::string_view name : measure_names()) {
    if (!all && !has(name)) continue;
    (!reference ? on_test_images : is_of_errors(name) ? in_training : after_training).emplace_back(name);
  }
}

Measures::Measures(const Settings& settings, const Network& network, const std::vector<std::string>& names,
                   Index capacity) {
  const Circuit& circuit = network.circuit(0);
  for (const std::string_view name : measure_names())
    if (std::find(names.begin(), names.end(), name) != names.end() && applies(name, circuit)) names_.emplace_back(name);
  for (std::size_t layer = 0; layer < network.hidden().size(); ++layer) {
    layer_names_.push_back(network.layer_name(layer));
    layers_.push_back({{}, {}, std::vector<char>(static_cast<std::size_t>(network.circuit(layer).size().n)), 0});
  }
  if (std::find(names_.begin(), names_.end(), "task_gradient_alignment") != names_.end())
    twin_ = std::make_unique<LayerNormTwin>(settings, network, capacity);
  begin();
}

std::vector<std::string> Measures::columns() const {
  std::vector<std::string> columns;
  for (const std::string& layer : layer_names_)
    for (const std::string& name : names_) columns.push_back(fmt::format("{}.{}", layer, name));
  return columns;
}

void Measures::begin() {
  batches_ = 0;
  for (Layer& layer : layers_) {
    layer.sums.assign(names_.size(), 0.0);
    layer.divisors.clear();
    std::fill(layer.active.begin(), layer.active.end(), char{0});
  }
}

void Measures::observe(const Network& network, std::span<const std::uint8_t> labels) {
  if (empty()) return;
  const bool first = batches_++ == 0;
  if (twin_) {
    if (first) twin_->take_weights_of(network);
    twin_->follow(network, labels);
  }
  const bool of_gradients = std::any_of(names_.begin(), names_.end(), is_of_gradients);
  for (std::size_t index = 0; index < layers_.size(); ++index) {
    Layer& seen = layers_[index];
    const HiddenLayer& layer = network.hidden()[index];
    if (first) seen.zero_weights = share_of_zeros(layer.circuit().parameter("Wex").value());
    std::optional<Presynaptic> x;
    if (of_gradients) x.emplace(network.input(index).X);
    for (std::size_t i = 0; i < names_.size(); ++i) seen.sums[i] += on_batch(names_[i], network, twin_.get(), index, x);
    if (const auto d = layer.circuit().divisor()) seen.divisors.insert(seen.divisors.end(), d->begin(), d->end());
    for (std::size_t j = 0; j < seen.active.size(); ++j)
      seen.active[j] |= static_cast<char>((layer.activity().row(static_cast<Index>(j)).array() > 0).any());
  }
}

double Measures::value(const Layer& layer, std::size_t measure) const {
  const std::string& name = names_[measure];
  if (batches_ == 0) return kUndefined;
  if (name == "divisor_q05") return quantile(layer.divisors, 0.05);
  if (name == "divisor_q50") return quantile(layer.divisors, 0.50);
  if (name == "divisor_q95") return quantile(layer.divisors, 0.95);
  if (name == "zero_weights") return layer.zero_weights;
  if (name == "silent_units")
    return static_cast<double>(std::count(layer.active.begin(), layer.active.end(), char{0})) /
           static_cast<double>(layer.active.size());
  return layer.sums[measure] / batches_;
}

std::vector<double> Measures::values() const {
  std::vector<double> values;
  for (const Layer& layer : layers_)
    for (std::size_t i = 0; i < names_.size(); ++i) values.push_back(value(layer, i));
  return values;
}

}  // namespace chandelier

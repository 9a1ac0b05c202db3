#include "training/measures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <optional>

namespace chandelier {
namespace {

double share_of_zeros(ConstMatrixView w) {
  return static_cast<double>((w.array() == 0).count()) / static_cast<double>(w.size());
}

}  // namespace

MeasurePlan::MeasurePlan(const Settings& settings) {
  const auto& chosen = settings.measure;
  const auto has = [&](std::string_view name) { return std::find(chosen.begin(), chosen.end(), name) != chosen.end(); };
  const bool reference = has("reference");
  // Names given with `reference` select measures; `reference` alone means all of them.
  const bool all = has("all") || (reference && chosen.size() == 1);
  for (const Measure& measure : measure_table()) {
    if (!(all && !measure.is_own) && !has(measure.name)) continue;
    (!reference ? on_test_images : measure.of_errors ? in_training : after_training).emplace_back(measure.name);
  }
}

Measures::Measures(const Settings& settings, const Network& network, const std::vector<std::string>& names,
                   Index capacity) {
  for (const Measure& measure : measure_table())
    if (std::ranges::find(names, measure.name) != names.end() && measure.applies(network.circuit(0).traits()))
      measures_.push_back(measure);
  for (std::size_t layer = 0; layer < network.hidden().size(); ++layer) {
    layers_.push_back({network.layer_name(layer), {}, {}});
    layers_.back().seen.active.resize(static_cast<std::size_t>(network.circuit(layer).size().n));
  }
  needs_x_ = std::ranges::any_of(measures_, &Measure::needs_x);
  if (std::ranges::any_of(measures_, &Measure::needs_twin))
    twin_ = std::make_unique<LayerNormTwin>(settings, network, capacity);
  begin();
}

std::vector<std::string> Measures::columns() const {
  std::vector<std::string> columns;
  for (const Layer& layer : layers_)
    for (const Measure& measure : measures_) columns.push_back(fmt::format("{}.{}", layer.name, measure.name));
  return columns;
}

void Measures::begin() {
  batches_ = 0;
  for (Layer& layer : layers_) {
    layer.sums.assign(measures_.size(), 0.0);
    layer.seen.divisors.clear();
    std::ranges::fill(layer.seen.active, char{0});
  }
}

void Measures::observe(const Network& network, std::span<const std::uint8_t> labels) {
  if (empty()) return;
  const bool first = batches_++ == 0;
  if (twin_) {
    if (first) twin_->take_weights_of(network);
    twin_->follow(network, labels);
  }
  for (std::size_t index = 0; index < layers_.size(); ++index) {
    auto& [name, sums, seen] = layers_[index];
    const HiddenLayer& layer = network.hidden()[index];
    std::optional<Presynaptic> x;
    if (needs_x_) x.emplace(network.input(index).X);
    const LayerInBatch now{network, index, x ? &*x : nullptr, twin_.get()};
    for (std::size_t i = 0; i < measures_.size(); ++i)
      if (measures_[i].of_batch) sums[i] += measures_[i].of_batch(now);
    if (first) seen.zero_weights = share_of_zeros(layer.circuit().parameter("Wex").value());
    if (const auto d = layer.circuit().divisor()) seen.divisors.insert(seen.divisors.end(), d->begin(), d->end());
    for (std::size_t j = 0; j < seen.active.size(); ++j)
      seen.active[j] |= static_cast<char>((layer.activity().row(static_cast<Index>(j)).array() > 0).any());
  }
}

std::vector<double> Measures::values() const {
  std::vector<double> values;
  for (const Layer& layer : layers_)
    for (std::size_t i = 0; i < measures_.size(); ++i)
      values.push_back(batches_ == 0                          ? std::numeric_limits<double>::quiet_NaN()
                       : measures_[i].over_batches != nullptr ? measures_[i].over_batches(layer.seen)
                                                              : layer.sums[i] / batches_);
  return values;
}

}  // namespace chandelier

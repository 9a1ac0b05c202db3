#include "training/measure_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/error.hpp"
#include "base/quantile.hpp"
#include "circuits/homeostasis.hpp"
#include "training/own_rules.hpp"

namespace chandelier {
namespace {

bool always(const CircuitTraits&) { return true; }
bool where_inhibition_normalizes(const CircuitTraits& circuit) { return circuit.normalizes; }
bool where_inhibition_divides(const CircuitTraits& circuit) { return circuit.divides; }

double share_of_silent(const LayerOverBatches& seen) {
  return static_cast<double>(std::ranges::count(seen.active, char{0})) / static_cast<double>(seen.active.size());
}

using InBatch = const LayerInBatch&;
using OverBatches = const LayerOverBatches&;

/// The built-in measures.
const std::vector<Measure>& known_measures() {
  static const std::vector<Measure> measures{
      Measure{
          .name = "mean",
          .applies = always,
          .of_batch =
              [](InBatch seen) { return mean_over_batch(seen.layer().z(), [](double mean, double) { return mean; }); }},
      Measure{.name = "variance",
              .applies = always,
              .of_batch =
                  [](InBatch seen) {
                    return mean_over_batch(seen.layer().z(), [](double, double variance) { return variance; });
                  }},
      Measure{.name = "homeostatic_loss",
              .applies = where_inhibition_normalizes,
              .of_batch = [](InBatch seen) { return *seen.layer().circuit().homeostatic_loss(); }},
      Measure{.name = "layer_norm_distance",
              .applies = where_inhibition_normalizes,
              .of_batch = [](InBatch seen) { return *seen.layer().circuit().layer_norm_distance(); }},
      Measure{.name = "output_alignment",
              .applies = always,
              .of_errors = true,
              .of_batch = [](InBatch seen) { return output_alignment(seen.layer()); }},
      Measure{.name = "gradient_alignment",
              .applies = always,
              .of_errors = true,
              .needs_x = true,
              .of_batch = [](InBatch seen) { return gradient_alignment(seen.layer(), *seen.x); }},
      Measure{.name = "error_eigenvalue",
              .applies = always,
              .of_errors = true,
              .of_batch = [](InBatch seen) { return error_eigenvalue(seen.layer().error()); }},
      Measure{.name = "task_gradient_alignment",
              .applies = always,
              .of_errors = true,
              .needs_x = true,
              .needs_twin = true,
              .of_batch =
                  [](InBatch seen) { return task_gradient_alignment(seen.network, *seen.twin, seen.index, *seen.x); }},
      Measure{.name = "uniform_share",
              .applies = always,
              .of_errors = true,
              .of_batch = [](InBatch seen) { return uniform_share(seen.layer().error()); }},
      Measure{.name = "uniform_share_delta",
              .applies = always,
              .of_errors = true,
              .of_batch = [](InBatch seen) { return uniform_share(seen.layer().circuit().delta()); }},
      Measure{
          .name = "activity_share_delta",
          .applies = always,
          .of_errors = true,
          .of_batch = [](InBatch seen) { return activity_share(seen.layer().circuit().delta(), seen.layer().y()); }},
      Measure{
          .name = "error_gain",
          .applies = always,
          .of_errors = true,
          .of_batch = [](InBatch seen) { return error_gain(seen.layer().circuit().delta(), seen.layer().error()); }},
      Measure{.name = "divisor_q05",
              .applies = where_inhibition_divides,
              .over_batches = [](OverBatches seen) { return quantile(seen.divisors, 0.05); }},
      Measure{.name = "divisor_q50",
              .applies = where_inhibition_divides,
              .over_batches = [](OverBatches seen) { return quantile(seen.divisors, 0.50); }},
      Measure{.name = "divisor_q95",
              .applies = where_inhibition_divides,
              .over_batches = [](OverBatches seen) { return quantile(seen.divisors, 0.95); }},
      Measure{.name = "zero_weights",
              .applies = always,
              .over_batches = [](OverBatches seen) { return seen.zero_weights; }},
      Measure{.name = "silent_units", .applies = always, .over_batches = share_of_silent},
  };
  return measures;
}

const std::vector<std::string_view>& known_names() {
  static const std::vector<std::string_view> names = [] {
    std::vector<std::string_view> all;
    for (const Measure& measure : known_measures()) all.push_back(measure.name);
    return all;
  }();
  return names;
}

using OfBatch = std::function<double(InBatch)>;
OwnRules<OfBatch>& own_measures() {
  static OwnRules<OfBatch> measures("measure", known_names());
  return measures;
}

}  // namespace

std::vector<Measure> measure_table() {
  std::vector<Measure> table = known_measures();
  const auto names = measure_names();
  for (const std::string_view name : names.subspan(known_names().size()))
    table.push_back(
        {.name = name, .applies = always, .of_errors = true, .of_batch = *own_measures().find(name), .is_own = true});
  return table;
}

std::span<const std::string_view> measure_names() { return own_measures().names(); }
std::span<const std::string_view> known_measure_names() { return known_names(); }

void add_measure(std::string_view name, std::function<double(const LayerInBatch&)> of_batch) {
  for (const std::string_view word : {"all", "none", "reference"})
    if (name == word)
      throw SettingError(
          fmt::format("measure '{}': all, none and reference are reserved words; choose another name", name));
  own_measures().add(name, std::move(of_batch));
}
std::vector<std::string> own_measure_names() { return own_measures().own_names(); }
void know_measure(std::string_view name, std::function<void()> refuse) {
  own_measures().add_name(name, [refuse = std::move(refuse)](InBatch) {
    refuse();
    return 0.0;
  });
}

}  // namespace chandelier

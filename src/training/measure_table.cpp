#include "training/measure_table.hpp"

#include <algorithm>
#include <array>

#include "base/quantile.hpp"
#include "circuits/homeostasis.hpp"

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

constexpr std::array kMeasures{
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
    Measure{.name = "activity_share_delta",
            .applies = always,
            .of_errors = true,
            .of_batch = [](InBatch seen) { return activity_share(seen.layer().circuit().delta(), seen.layer().y()); }},
    Measure{.name = "error_gain",
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
    Measure{
        .name = "zero_weights", .applies = always, .over_batches = [](OverBatches seen) { return seen.zero_weights; }},
    Measure{.name = "silent_units", .applies = always, .over_batches = share_of_silent},
};

constexpr auto kNames = [] {
  std::array<std::string_view, kMeasures.size()> names;
  std::ranges::transform(kMeasures, names.begin(), &Measure::name);
  return names;
}();

}  // namespace

std::span<const Measure> measure_table() { return kMeasures; }
std::span<const std::string_view> measure_names() { return kNames; }

}  // namespace chandelier

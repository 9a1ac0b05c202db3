// The measures of a hidden layer (docs/notation.md, section 7): one table, in the order of the columns of metrics.csv.

#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "learning/network.hpp"
#include "training/alignment.hpp"
#include "training/layer_norm_twin.hpp"

namespace chandelier {

/// A layer in the last batch of a network, after a backward pass.
struct LayerInBatch {
  const Network& network;
  std::size_t index;
  const Presynaptic* x;       ///< input of the layer, if a measure needs it
  const LayerNormTwin* twin;  ///< after it has seen the same batch, if a measure needs it

  const HiddenLayer& layer() const { return network.hidden()[index]; }
};

/// Data collected from a layer over several batches, for measures of all of them at once.
struct LayerOverBatches {
  std::vector<double> divisors;  ///< every d seen
  std::vector<char> active;      ///< whether a unit was ever active
  double zero_weights = 0;       ///< share of Wex that is exactly 0
};

struct Measure {
  std::string_view name;
  bool (*applies)(const CircuitTraits& circuit);
  /// A measure of errors or alignments: with `measure = "reference"` it is taken before the last update of an epoch.
  bool of_errors = false;
  bool needs_x = false, needs_twin = false;
  // Exactly one of the two: a value per batch, which is averaged, or a value of all batches.
  std::function<double(const LayerInBatch& seen)> of_batch = nullptr;
  double (*over_batches)(const LayerOverBatches& seen) = nullptr;
  bool is_own = false;  ///< a custom measure: not part of `all`, chosen only by name
};

/// The built-in measures, then the custom ones.
std::vector<Measure> measure_table();
std::span<const std::string_view> measure_names();
std::span<const std::string_view> known_measure_names();  ///< built-in only

/// Adds a custom measure: a value of a layer in each batch, which is averaged. @throws SettingError as `add_circuit`
void add_measure(std::string_view name, std::function<double(const LayerInBatch& seen)> of_batch);
std::vector<std::string> own_measure_names();
/// Registers the name of a measure that is not available in this process; `refuse` throws when it is needed.
void know_measure(std::string_view name, std::function<void()> refuse);

}  // namespace chandelier

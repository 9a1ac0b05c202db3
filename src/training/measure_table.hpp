// The measures of a hidden layer (science: section 7): one table, in the order of the columns of metrics.csv.

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
  const Presynaptic* x;       ///< what entered the layer, where a measure needs it
  const LayerNormTwin* twin;  ///< that followed the batch, where a measure needs it

  const HiddenLayer& layer() const { return network.hidden()[index]; }
};

/// What is kept of a layer while batches go by, for measures of all of them at once.
struct LayerOverBatches {
  std::vector<double> divisors;  ///< every d seen
  std::vector<char> active;      ///< whether a unit was ever active
  double zero_weights = 0;       ///< share of Wex that is exactly 0
};

struct Measure {
  std::string_view name;
  bool (*applies)(const CircuitTraits& circuit);
  /// Belongs to errors and alignments: `measure = "reference"` takes it before the last update of an epoch.
  bool of_errors = false;
  bool needs_x = false, needs_twin = false;
  // One of the two: a value of each batch, which is averaged, or of all batches.
  std::function<double(const LayerInBatch& seen)> of_batch = nullptr;
  double (*over_batches)(const LayerOverBatches& seen) = nullptr;
  bool is_own = false;  ///< one of one's own, which only its name chooses: it is no part of `all`
};

/// Chandelier's own measures, then one's own.
std::vector<Measure> measure_table();
std::span<const std::string_view> measure_names();
std::span<const std::string_view> known_measure_names();  ///< without one's own

/// A measure of one's own: a value of a layer in each batch, which is averaged. @throws SettingError as `add_circuit`
void add_measure(std::string_view name, std::function<double(const LayerInBatch& seen)> of_batch);
std::vector<std::string> own_measure_names();
/// Makes a name known whose measure is elsewhere; `refuse` throws when it is asked for.
void know_measure(std::string_view name, std::function<void()> refuse);

}  // namespace chandelier

// The measures of the hidden layers (docs/notation.md, section 7), taken from outside the training loop.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "learning/network.hpp"
#include "training/measure_table.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// Observes batches right after their forward and backward pass, and averages the measures over them.
class Measures {
 public:
  /// @param names  measures to take; those that do not apply to the circuit are left out
  /// @param capacity  size of the largest batch that will be observed
  Measures(const Settings& settings, const Network& network, const std::vector<std::string>& names, Index capacity);

  bool empty() const { return measures_.empty(); }
  /// "hidden0.mean", "hidden0.variance", ..., "hidden1.mean", ...
  std::vector<std::string> columns() const;

  /// Discards what was observed.
  void begin();
  /// Observes the network's last batch, after its backward pass and before an update. The weights must be the same for
  /// all batches since `begin`.
  void observe(const Network& network, std::span<const std::uint8_t> labels);
  /// One value per column: the average over the batches since `begin`; for quantiles and silent units, one value of all
  /// of them together. nan if undefined or if nothing was observed.
  std::vector<double> values() const;

 private:
  struct Layer {
    std::string name;
    std::vector<double> sums;  ///< of the averaged measures
    LayerOverBatches seen;
  };

  std::vector<Measure> measures_;
  std::vector<Layer> layers_;
  bool needs_x_ = false;
  std::unique_ptr<LayerNormTwin> twin_;  ///< only if a measure needs it
  int batches_ = 0;
};

/// Where each measure is taken: on test images or, with `measure = "reference"`, where the published code takes it:
/// measures of errors and alignments on the last training batch of an epoch, before its update, all others on the last
/// batch of the evaluation on the training set.
struct MeasurePlan {
  std::vector<std::string> on_test_images, in_training, after_training;

  explicit MeasurePlan(const Settings& settings);
};

}  // namespace chandelier

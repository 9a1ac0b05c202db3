// The measures of the hidden layers (science: section 7), taken from outside: the training loop does not know them.

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

/// Watches batches that a network has just taken forward and backward, and averages what it sees over them.
class Measures {
 public:
  /// @param names which measures; those that a circuit does not have are left out
  /// @param capacity the largest batch that will be observed
  Measures(const Settings& settings, const Network& network, const std::vector<std::string>& names, Index capacity);

  bool empty() const { return measures_.empty(); }
  /// "hidden0.mean", "hidden0.variance", ..., "hidden1.mean", ...
  std::vector<std::string> columns() const;

  /// Forgets what was observed.
  void begin();
  /// The network's last batch, after forward and backward and before an update. All batches since `begin` are those of
  /// the same weights.
  void observe(const Network& network, std::span<const std::uint8_t> labels);
  /// One value a column: the average over the batches since `begin` (quantiles and silent units: over all of them at
  /// once); nan where undefined or nothing was observed.
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
  std::unique_ptr<LayerNormTwin> twin_;  ///< only where a measure needs it
  int batches_ = 0;
};

/// Which measures are taken where: on test images, or with `measure = "reference"` as the reference does. Those that
/// belong to errors and alignments are then taken on the last training batch of an epoch before its update, all others
/// on the last batch of the evaluation of the training set.
struct MeasurePlan {
  std::vector<std::string> on_test_images, in_training, after_training;

  explicit MeasurePlan(const Settings& settings);
};

}  // namespace chandelier

// What runs recorded over their epochs, as numbers.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "studies/metric_rows.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// Series of one run by name, a value an epoch, NaN where it has none: `epoch`; `train_accuracy`, `test_accuracy`,
/// `validation_accuracy` in %; `train_loss`, `test_loss`, `validation_loss`; and every measure of a layer that the
/// figures show, averaged over the hidden layers. What a run does not have is absent; other columns are passed over.
using RunSeries = std::map<std::string, std::vector<double>, std::less<>>;

RunSeries run_series(const MetricRows& rows);

/// The last epoch's value; none where the run has no such series, no epoch, or the value is not finite.
std::optional<double> last_value(const RunSeries& series, std::string_view name);

}  // namespace chandelier

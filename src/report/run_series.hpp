// Time series that runs recorded over their epochs.

#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "studies/metric_rows.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// Series of one run by name, with one value per epoch (NaN if there is none): `epoch`; `train_accuracy`,
/// `test_accuracy`, `validation_accuracy` in %; `train_loss`, `test_loss`, `validation_loss`; and every layer measure
/// shown in figures, averaged over the hidden layers. Series that a run does not have are absent. Other columns are
/// ignored.
using RunSeries = std::map<std::string, std::vector<double>, std::less<>>;

RunSeries run_series(const MetricRows& rows);

/// The value of the last epoch. None if the run has no such series, no epoch, or the value is not finite.
std::optional<double> last_value(const RunSeries& series, std::string_view name);

}  // namespace chandelier

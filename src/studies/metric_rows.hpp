// metrics.csv of a run, read for those who ask a study.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chandelier {

/// metrics.csv of a run, to the letter.
struct MetricRows {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< an epoch each, as many cells as columns

  /// A value of the last epoch; none where there is no such column or no row, NaN where it says so.
  std::optional<double> last(std::string_view column) const;
};

/// @throws DataError naming the file when it cannot be read or a row is not whole.
MetricRows metric_rows(const std::filesystem::path& run_folder);

/// The same from a table's text; `origin` begins the error sentence.
MetricRows metric_rows_from(std::string_view text, const std::string& origin);

/// The same with the last row alone, whatever stands in those before.
MetricRows last_metric_row(const std::filesystem::path& run_folder);

}  // namespace chandelier

// Reads metrics.csv of the runs of a study.

#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace chandelier {

/// metrics.csv of a run, verbatim.
struct MetricRows {
  std::vector<std::string> columns;
  std::vector<std::vector<std::string>> rows;  ///< one per epoch, with as many cells as columns

  /// A value of the last epoch, which may be nan; none if there is no such column or no row.
  std::optional<double> last(std::string_view column) const;
};

/// @throws DataError naming the file if it cannot be read or a row is incomplete.
MetricRows metric_rows(const std::filesystem::path& run_folder);

/// The same from the text of a table; error messages start with `origin`.
MetricRows metric_rows_from(std::string_view text, const std::string& origin);

/// The same with only the last row, whatever the rows before it contain.
MetricRows last_metric_row(const std::filesystem::path& run_folder);

}  // namespace chandelier

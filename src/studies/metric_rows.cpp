#include "studies/metric_rows.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "base/files.hpp"
#include "training/metrics_table.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> cells_of(std::string_view line) {
  std::vector<std::string> cells;
  while (true) {
    const std::size_t comma = line.find(',');
    cells.emplace_back(line.substr(0, comma));
    if (comma == std::string_view::npos) return cells;
    line.remove_prefix(comma + 1);
  }
}

}  // namespace

MetricRows metric_rows_from(std::string_view text, const std::string& origin) {
  MetricRows table;
  for (std::string_view rest = text; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    std::vector<std::string> cells = cells_of(line);
    if (table.columns.empty()) {
      table.columns = std::move(cells);
      continue;
    }
    if (cells.size() != table.columns.size())
      throw DataError(
          fmt::format("{}: a row has {} values, but there are {} columns", origin, cells.size(), table.columns.size()));
    table.rows.push_back(std::move(cells));
  }
  if (std::ranges::find(table.columns, "epoch") == table.columns.end())
    throw DataError(fmt::format("{}: there is no column 'epoch', so this is not the table of a run", origin));
  return table;
}

std::optional<double> MetricRows::last(std::string_view column) const {
  const auto found = std::ranges::find(columns, column);
  if (found == columns.end() || rows.empty()) return std::nullopt;
  return std::strtod(rows.back()[static_cast<std::size_t>(found - columns.begin())].c_str(), nullptr);
}

MetricRows metric_rows(const fs::path& run_folder) {
  const fs::path path = run_folder / "metrics.csv";
  return metric_rows_from(read_file(path, kLargestTable), path.string());
}

MetricRows last_metric_row(const fs::path& run_folder) {
  const fs::path path = run_folder / "metrics.csv";
  std::string text = read_file(path, kLargestTable);
  const std::size_t end = text.find_last_not_of('\n'), header = text.find('\n');
  const std::size_t before = end == std::string::npos ? end : text.rfind('\n', end);
  if (before != std::string::npos && before > header) text.erase(header, before - header);
  return metric_rows_from(text, path.string());
}

}  // namespace chandelier

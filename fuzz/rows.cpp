#include "studies/metric_rows.hpp"
#include "targets.hpp"

namespace chandelier::fuzz {

void read_rows(std::string_view bytes) {
  const MetricRows table = metric_rows_from(bytes, "metrics.csv");
  for (const std::string& column : table.columns) table.last(column);
}

}  // namespace chandelier::fuzz

#include "memory_file.hpp"
#include "targets.hpp"
#include "training/metrics_table.hpp"

namespace chandelier::fuzz {

void read_metrics(std::string_view bytes) {
  const MemoryFile file(bytes);
  MetricsTable table({"epoch", "seconds", "test_accuracy"});
  table.take_rows(file.path(), 1);
  for (const std::string& column : table.columns()) table.last(column);
}

}  // namespace chandelier::fuzz

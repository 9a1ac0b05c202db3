#include "studies/recorded_run.hpp"

#include "base/error.hpp"

namespace chandelier {

namespace fs = std::filesystem;

RecordedRun recorded_run(const StudyResult& result, const fs::path& study_folder, std::vector<std::string>& problems) {
  RecordedRun recorded;
  if (result.status == "missing" || result.status == "left out" || result.status == "repeats") return recorded;
  const fs::path run = study_folder / result.run.folder;
  try {
    recorded.record = read_record(run);
    std::error_code ignored;  // a run that has only just begun has no metrics
    if (recorded.record->epochs_done > 0 || fs::exists(run / "metrics.csv", ignored))
      recorded.metrics = metric_rows(run);
  } catch (const DataError& error) {
    problems.emplace_back(error.what());
  }
  return recorded;
}

}  // namespace chandelier

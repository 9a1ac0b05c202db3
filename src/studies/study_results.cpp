#include "studies/study_results.hpp"

#include "base/error.hpp"
#include "training/run_record.hpp"

namespace chandelier {

bool has_ended(const StudyResult& result) { return result.status == "finished" || result.status == "diverged"; }

StudyResult study_result(const StudyRun& run, const std::filesystem::path& study_folder) {
  const std::filesystem::path folder = study_folder / run.folder;
  StudyResult result{run, "missing", std::nullopt, ""};
  if (!std::filesystem::exists(folder / "run.json")) return result;
  try {
    const RunRecord record = read_record(folder);
    result.status = record.status;
    result.test_accuracy = record.test_accuracy;
    result.message = record.message;
  } catch (const DataError& error) {
    result.status = "failed";
    result.message = error.what();
  }
  return result;
}

std::vector<StudyResult> study_results(const StudyPlan& plan, const std::filesystem::path& study_folder) {
  std::vector<StudyResult> results;
  results.reserve(plan.runs.size());
  for (const StudyRun& run : plan.runs) results.push_back(study_result(run, study_folder));
  return results;
}

}  // namespace chandelier

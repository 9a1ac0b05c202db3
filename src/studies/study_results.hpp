// What came out of the runs of a study, read from their folders. The folders are the truth; nothing is changed.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "studies/metric_rows.hpp"
#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

/// What stands in the folder of a run of a study: the status of run.json, "missing" where there is none, "failed" where
/// it cannot be read, "left out" where the run has other settings than the plan says or has finished and is damaged.
StudyResult study_result(const StudyRun& run, const std::filesystem::path& study_folder);

/// The same of every run of the plan, in its order. Runs on other data than most runs of their data set are "left out"
/// too: folders of several machines may have been put together. A run that is another one over again "repeats" it.
std::vector<StudyResult> study_results(const StudyPlan& plan, const std::filesystem::path& study_folder);

/// test_predictions.safetensors of a run: of each test image.
struct Predictions {
  std::vector<bool> right;        ///< whether it was classified rightly in the last epoch
  std::vector<float> luminosity;  ///< its value of the luminosity model
};

/// @throws DataError naming the file when it is missing, or what it holds does not fit together.
Predictions predictions_of(const std::filesystem::path& run_folder);

}  // namespace chandelier

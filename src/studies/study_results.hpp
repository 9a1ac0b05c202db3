// Results of the runs of a study, read from their folders. Nothing is changed.

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

/// The result of a run, from its folder. Its status is that of run.json; "missing" if there is none; "failed" if it
/// cannot be read; "left out" if the settings differ from the plan, or if the run has finished and is damaged.
StudyResult study_result(const StudyRun& run, const std::filesystem::path& study_folder);

/// The same for every run, in the order of the plan. Runs on different data from most runs of their data set are "left
/// out" too, as folders of several machines may have been merged. Repeated runs have the status "repeats".
std::vector<StudyResult> study_results(const StudyPlan& plan, const std::filesystem::path& study_folder);

/// Whether nothing is left to do for a run of the plan, its evaluation included.
bool is_done(const StudyResult& result, const StudyPlan& plan, const std::filesystem::path& study_folder);

/// Whether a hidden layer passed nothing on in the last epoch, as none of its units was active for any image.
bool has_silent_layer(const MetricRows& metrics, int depth);

/// test_predictions.safetensors of a run: one value for each test image.
struct Predictions {
  std::vector<bool> right;        ///< whether it was classified correctly in the last epoch
  std::vector<float> luminosity;  ///< its value of the luminosity model
};

/// @throws DataError naming the file if it is missing or its contents are inconsistent.
Predictions predictions_of(const std::filesystem::path& run_folder);

}  // namespace chandelier

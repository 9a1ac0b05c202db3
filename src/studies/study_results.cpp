#include "studies/study_results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <map>
#include <utility>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/safetensors.hpp"
#include "studies/left_out.hpp"
#include "studies/repeated_runs.hpp"
#include "training/evaluation_table.hpp"
#include "training/run_record.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// @throws DataError unless the file has this tensor, of this type and one dimension.
const Tensor& list_in(const TensorFile& file, const char* name, TensorType type, const fs::path& path) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end()) throw DataError(fmt::format("{}: '{}' is missing", path.string(), name));
  if (found->second.type != type || found->second.shape.size() != 1)
    throw DataError(fmt::format("{}: '{}' is not the list of numbers that a run writes", path.string(), name));
  return found->second;
}

using Hashes = std::map<std::string, std::string>;

/// One name for all targets whose results are bitwise identical.
std::string arithmetic_of(const std::string& target) {
  return target == "AVX2" || target == "AVX3" ? "x86-64 with AVX2" : target;
}

/// @param hashes  of the data that the run was trained on; stays empty if the run does not match the plan
StudyResult read_result(const StudyRun& run, const fs::path& study_folder, Hashes& hashes) {
  const fs::path folder = study_folder / run.folder;
  StudyResult result{.run = run, .status = "missing"};
  if (const auto left_out = why_left_out(run, study_folder)) {
    result.status = "left out";
    result.message = left_out->why;
    return result;
  }
  if (!fs::exists(folder / "run.json")) return result;
  try {
    const RunRecord record = read_record(folder);
    MetricRows last;
    if (auto damage = why_damaged(folder, record, last)) {
      result.status = "left out";
      result.message = *std::move(damage);
      return result;
    }
    result.status = record.status;
    result.test_accuracy = record.test_accuracy;
    result.test_loss = record.test_loss;
    result.has_silent_layer = has_silent_layer(last, run.settings.depth);
    result.message = record.message;
    result.epochs_done = record.epochs_done;
    result.seconds = record.seconds;
    for (const Session& session : record.sessions)
      result.origins.push_back({fmt::format("{} ({})", record.version, session.commit), arithmetic_of(session.target)});
    hashes = record.data_sha256;
  } catch (const DataError& error) {
    result.status = "failed";
    result.message = error.what();
  }
  return result;
}

}  // namespace

bool has_ended(const StudyResult& result) {
  return result.status == "finished" || result.status == "diverged" || result.status == "repeats";
}

bool is_done(const StudyResult& result, const StudyPlan& plan, const fs::path& study_folder) {
  return has_ended(result) &&
         (result.status != "finished" || is_evaluated(study_folder / result.run.folder, plan.evaluate));
}

bool has_silent_layer(const MetricRows& metrics, int depth) {
  for (int layer = 0; layer < depth; ++layer)
    if (metrics.last(fmt::format("hidden{}.silent_units", layer)) == 1) return true;
  return false;
}

bool is_about_chance(double percent, int classes) { return std::abs(percent - 100.0 / classes) <= kAboutChance; }

StudyResult study_result(const StudyRun& run, const fs::path& study_folder) {
  Hashes ignored;
  return read_result(run, study_folder, ignored);
}

std::vector<StudyResult> study_results(const StudyPlan& plan, const fs::path& study_folder) {
  std::vector<StudyResult> results;
  std::vector<Hashes> hashes(plan.runs.size());
  std::map<std::pair<std::string, Hashes>, int> runs_on;  // the name of the data set and its files
  results.reserve(plan.runs.size());
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    results.push_back(read_result(plan.runs[i], study_folder, hashes[i]));
    if (!hashes[i].empty()) ++runs_on[{plan.runs[i].data, hashes[i]}];
  }
  std::map<std::string, Hashes> usual;  // for each data set: the files of most runs, or of the first run in a tie
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (hashes[i].empty()) continue;
    const std::string& data = plan.runs[i].data;
    const auto [found, is_first] = usual.try_emplace(data, hashes[i]);
    if (!is_first && runs_on.at({data, hashes[i]}) > runs_on.at({data, found->second})) found->second = hashes[i];
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (hashes[i].empty() || hashes[i] == usual.at(plan.runs[i].data)) continue;
    results[i].status = "left out";
    results[i].test_accuracy.reset();
    results[i].message = fmt::format("{}: trained on different data from the other runs of the study",
                                     (study_folder / results[i].run.folder).string());
  }
  mark_repeated(results, repeated_runs(plan));
  mark_equal_weights(results, study_folder);
  return results;
}

Predictions predictions_of(const fs::path& run_folder) {
  const fs::path path = run_folder / "test_predictions.safetensors";
  const TensorFile file = read_tensors(path);
  const Tensor& predicted = list_in(file, "predicted", TensorType::U8, path);
  const Tensor& label = list_in(file, "label", TensorType::U8, path);
  const Tensor& luminosity = list_in(file, "luminosity", TensorType::F32, path);
  if (predicted.count() != label.count() || predicted.count() != luminosity.count())
    throw DataError(fmt::format("{}: it has {} predictions, {} labels and {} luminosities", path.string(),
                                predicted.count(), label.count(), luminosity.count()));
  Predictions predictions;
  predictions.right.resize(predicted.bytes.size());
  for (std::size_t i = 0; i < predictions.right.size(); ++i)
    predictions.right[i] = predicted.bytes[i] == label.bytes[i];
  predictions.luminosity.resize(predictions.right.size());
  if (!predictions.luminosity.empty())
    std::memcpy(predictions.luminosity.data(), luminosity.bytes.data(), luminosity.bytes.size());
  if (!std::ranges::all_of(predictions.luminosity, [](float value) { return std::isfinite(value); }))
    throw DataError(fmt::format("{}: a luminosity is not finite", path.string()));
  return predictions;
}

}  // namespace chandelier

// evaluation.csv: loss and accuracy of trained weights on the test images under chosen luminosities.

#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.hpp"
#include "learning/network.hpp"
#include "training/evaluation.hpp"
#include "training/settings.hpp"

namespace chandelier {

/// A luminosity model and its parameter: the shift for `fixed`, epsilon for all others.
struct LuminosityAt {
  std::string luminosity;
  double value = 0;
  bool operator==(const LuminosityAt&) const = default;
};

/// Reads "shading:0.75", or "-0.5" for a fixed shift. @param origin  begins the error sentence
/// @throws SettingError for an unknown model (suggesting the nearest), no value, or one out of range
LuminosityAt read_luminosity(std::string_view text, const std::string& origin);

/// A row of the table.
struct EvaluationRow {
  LuminosityAt at;
  Evaluation result;
};

inline constexpr std::string_view kEvaluationHeading = "luminosity,value,loss,accuracy";

/// Evaluates all test images. A random luminosity model draws the jitter of the run's last epoch.
/// @param batch  buffer for as many images as the network takes at once
Evaluation evaluate_at(const LuminosityAt& at, Network& network, const std::shared_ptr<const Dataset>& dataset,
                       const Settings& settings, Batch& batch);

std::string evaluation_table(std::span<const EvaluationRow> rows);
/// Reads evaluation.csv of a run. @throws DataError naming the file if it is missing or not such a table.
std::vector<EvaluationRow> read_evaluation(const std::filesystem::path& run_folder);

/// Whether a run's evaluation.csv has a row for each of these luminosities.
bool is_evaluated(const std::filesystem::path& run_folder, std::span<const LuminosityAt> luminosities);
/// Evaluates the weights of a finished run under each of these luminosities and writes evaluation.csv.
/// @throws DataError if the weights cannot be read or the file cannot be written
void evaluate_run(const std::filesystem::path& run_folder, const Settings& settings,
                  const std::shared_ptr<const Dataset>& dataset, std::span<const LuminosityAt> luminosities);

}  // namespace chandelier

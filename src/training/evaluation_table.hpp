// evaluation.csv: trained weights on the test images under luminosities of one's choice.

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

/// A luminosity model and its one number: the shift of `fixed`, epsilon of all others.
struct LuminosityAt {
  std::string luminosity;
  double value = 0;
};

/// A row of the table.
struct EvaluationRow {
  LuminosityAt at;
  Evaluation result;
};

inline constexpr std::string_view kEvaluationHeading = "luminosity,value,loss,accuracy";

/// On all test images, by the jitter of the run's last epoch where the model draws.
/// @param batch  room for as many images as the network takes at once
Evaluation evaluate_at(const LuminosityAt& at, Network& network, const std::shared_ptr<const Dataset>& dataset,
                       const Settings& settings, Batch& batch);

std::string evaluation_table(std::span<const EvaluationRow> rows);
/// evaluation.csv of a run. @throws DataError naming the file when it is missing or is no such table.
std::vector<EvaluationRow> read_evaluation(const std::filesystem::path& run_folder);

/// Whether a run's evaluation.csv has a row for each of these fixed shifts.
bool is_evaluated(const std::filesystem::path& run_folder, std::span<const double> shifts);
/// Writes evaluation.csv of a finished run: its weights under each of these fixed shifts.
/// @throws DataError as for reading weights and writing a file
void evaluate_run(const std::filesystem::path& run_folder, const Settings& settings,
                  const std::shared_ptr<const Dataset>& dataset, std::span<const double> shifts);

}  // namespace chandelier

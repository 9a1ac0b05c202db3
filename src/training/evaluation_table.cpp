#include "training/evaluation_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/safetensors.hpp"
#include "base/suggestion.hpp"
#include "data/stored_images.hpp"
#include "luminosity/jittered_images.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

constexpr std::size_t kLargestEvaluation = std::size_t{1} << 24;

double number_in(const std::string& text, const std::filesystem::path& path) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') throw DataError(fmt::format("{}: '{}' is not a number", path.string(), text));
  return value;
}

}  // namespace

LuminosityAt read_luminosity(std::string_view text, const std::string& origin) {
  const std::size_t colon = text.find(':');
  const auto names = luminosity_names();
  const auto is_model = [&](std::string_view name) { return std::ranges::find(names, name) != names.end(); };
  if (colon == std::string_view::npos && is_model(text))
    throw SettingError(fmt::format("{}: {} needs a value, for example {}:0.5", origin, text, text));
  const std::string model(colon == std::string_view::npos ? "fixed" : text.substr(0, colon));
  if (!is_model(model))
    throw SettingError(fmt::format("{}: '{}' is not a luminosity model{}", origin, model, did_you_mean(model, names)));
  const Setting& setting = *find_setting(model == "fixed" ? "shift" : "epsilon");
  const std::string_view number = colon == std::string_view::npos ? text : text.substr(colon + 1);
  return {model, std::get<double>(value_from_text(setting, number, fmt::format("{}, {}", origin, model)))};
}

Evaluation evaluate_at(const LuminosityAt& at, Network& network, const std::shared_ptr<const Dataset>& dataset,
                       const Settings& settings, Batch& batch) {
  Settings seen = settings;
  seen.luminosity = at.luminosity;
  seen.epsilon = seen.shift = at.value;
  const JitteredImages images(std::make_shared<StoredImages>(test_of(dataset)), make_luminosity(seen), settings.seed,
                              Purpose::test_luminosity);
  return evaluate(network, images, static_cast<std::uint32_t>(settings.epochs), batch);
}

std::string evaluation_table(std::span<const EvaluationRow> rows) {
  std::string table = std::string(kEvaluationHeading) + "\n";
  for (const auto& [at, result] : rows)
    table += fmt::format("{},{},{},{}\n", at.luminosity, at.value, result.loss, result.accuracy);
  return table;
}

std::vector<EvaluationRow> read_evaluation(const std::filesystem::path& run_folder) {
  const std::filesystem::path path = run_folder / "evaluation.csv";
  const std::string text = read_file(path, kLargestEvaluation);
  std::vector<EvaluationRow> rows;
  std::string_view rest = text;
  const auto next_line = [&] {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    return line;
  };
  if (next_line() != kEvaluationHeading)
    throw DataError(fmt::format("{}: this is not an evaluation table; its first line should be {}", path.string(),
                                kEvaluationHeading));
  while (!rest.empty()) {
    std::vector<std::string> cells;
    for (std::string_view line = next_line();;) {
      const std::size_t comma = line.find(',');
      cells.emplace_back(line.substr(0, comma));
      if (comma == std::string_view::npos) break;
      line.remove_prefix(comma + 1);
    }
    if (cells.size() != 4)
      throw DataError(fmt::format("{}: a row has {} values, but there are 4 columns", path.string(), cells.size()));
    rows.push_back({{cells[0], number_in(cells[1], path)}, {number_in(cells[2], path), number_in(cells[3], path)}});
  }
  return rows;
}

bool is_evaluated(const std::filesystem::path& run_folder, std::span<const LuminosityAt> luminosities) {
  if (luminosities.empty()) return true;
  try {
    const std::vector<EvaluationRow> rows = read_evaluation(run_folder);
    return std::ranges::all_of(luminosities, [&](const LuminosityAt& at) {
      return std::ranges::find(rows, at, &EvaluationRow::at) != rows.end();
    });
  } catch (const DataError&) {
    return false;
  }
}

void evaluate_run(const std::filesystem::path& run_folder, const Settings& settings,
                  const std::shared_ptr<const Dataset>& dataset, std::span<const LuminosityAt> luminosities) {
  const std::filesystem::path weights = run_folder / "weights.safetensors";
  Network network = network_from(settings, read_tensors(weights), weights.string(), kEvaluationBatch);
  Batch batch(kEvaluationBatch, network.inputs());
  std::vector<EvaluationRow> rows;
  rows.reserve(luminosities.size());
  for (const LuminosityAt& at : luminosities) rows.push_back({at, evaluate_at(at, network, dataset, settings, batch)});
  write_atomically(run_folder / "evaluation.csv", evaluation_table(rows));
}

}  // namespace chandelier

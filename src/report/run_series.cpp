#include "report/run_series.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

namespace chandelier {
namespace {

/// The measures of hidden layers shown in figures (docs/notation.md, section 7).
constexpr std::array<std::string_view, 8> kMeasures{"mean",
                                                    "variance",
                                                    "output_alignment",
                                                    "gradient_alignment",
                                                    "task_gradient_alignment",
                                                    "uniform_share",
                                                    "uniform_share_delta",
                                                    "activity_share_delta"};
constexpr std::array<std::string_view, 3> kAccuracies{"train_accuracy", "validation_accuracy", "test_accuracy"};
constexpr std::array<std::string_view, 4> kOthers{"epoch", "train_loss", "validation_loss", "test_loss"};

double number_of(const std::string& cell) {
  char* end = nullptr;
  const double value = std::strtod(cell.c_str(), &end);
  return cell.empty() || *end != '\0' ? NAN : value;
}

}  // namespace

RunSeries run_series(const MetricRows& rows) {
  RunSeries series;
  const auto column = [&](std::size_t at, double factor) {
    std::vector<double> values;
    values.reserve(rows.rows.size());
    for (const auto& row : rows.rows) values.push_back(factor * number_of(row[at]));
    return values;
  };
  std::map<std::string_view, int> layers;  // number of layers with each measure
  for (std::size_t at = 0; at < rows.columns.size(); ++at) {
    const std::string_view name = rows.columns[at];
    if (std::ranges::find(kAccuracies, name) != kAccuracies.end()) series[std::string(name)] = column(at, 100);
    if (std::ranges::find(kOthers, name) != kOthers.end()) series[std::string(name)] = column(at, 1);
    const std::size_t dot = name.find('.');
    if (dot == std::string_view::npos || !name.starts_with("hidden")) continue;
    const auto measure = std::ranges::find(kMeasures, name.substr(dot + 1));
    if (measure == kMeasures.end()) continue;
    ++layers[*measure];
    std::vector<double>& sum = series[std::string(*measure)];
    sum.resize(rows.rows.size(), 0.0);
    const std::vector<double> values = column(at, 1);
    for (std::size_t i = 0; i < values.size(); ++i) sum[i] += values[i];
  }
  for (const auto& [measure, count] : layers)
    for (double& value : series.find(measure)->second) value /= count;
  return series;
}

std::optional<double> last_value(const RunSeries& series, std::string_view name) {
  const auto found = series.find(name);
  if (found == series.end() || found->second.empty() || !std::isfinite(found->second.back())) return std::nullopt;
  return found->second.back();
}

}  // namespace chandelier

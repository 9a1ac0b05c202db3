#include "report/luminosity_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "report/comparison_tables.hpp"
#include "report/plain_text.hpp"
#include "report/run_lists.hpp"
#include "statistics/comparison.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

constexpr std::size_t kBins = 8;

/// The range that a luminosity model draws from; a factor around 1 if the model does not state one.
ValueRange range_of(const Settings& settings) {
  const ValueRange around_1{1 - settings.epsilon, 1 + settings.epsilon};
  if (names_own_luminosity(settings)) return around_1;  // a custom model may not be registered
  return make_luminosity(settings)->range().value_or(around_1);
}

struct Bins {
  double low, high;

  std::size_t count() const { return low < high ? kBins : 1; }
  std::size_t of(double luminosity) const {
    if (count() == 1) return 0;
    const double place = (luminosity - low) / (high - low) * static_cast<double>(kBins);
    return static_cast<std::size_t>(std::clamp(place, 0.0, static_cast<double>(kBins - 1)));
  }
  std::string name(std::size_t bin) const {
    const auto edge = [&](std::size_t i) {
      return low + (high - low) * static_cast<double>(i) / static_cast<double>(kBins);
    };
    return count() == 1 ? fmt::format("{:.3g}", low + 0.0) : fmt::format("{:.2f}", (edge(bin) + edge(bin + 1)) / 2);
  }
};

/// Accuracy in % in each bin, NaN for a bin without images.
std::array<double, kBins> binned(const Predictions& predictions, const Bins& bins) {
  std::array<double, kBins> right{}, images{};
  for (std::size_t i = 0; i < predictions.right.size(); ++i) {
    const std::size_t bin = bins.of(predictions.luminosity[i]);
    ++images[bin];
    right[bin] += predictions.right[i];
  }
  for (std::size_t bin = 0; bin < kBins; ++bin) right[bin] *= 100 / images[bin];
  return right;
}

using Unit = std::vector<std::array<double, kBins>>;  // the runs of a unit

double mean_of_bin(const std::map<std::uint64_t, Unit>& units, std::size_t bin) {
  std::vector<double> means;
  for (const auto& [_, runs] : units) {
    std::vector<double> values;
    for (const auto& run : runs) values.push_back(run[bin]);
    means.push_back(sample_mean(values));
  }
  return sample_mean(means);
}

std::string table_of_one(std::span<const StudyResult> results, const PredictionsOf& predictions,
                         std::vector<StudyResult>& unreadable) {
  const std::vector<AccuracyByLuminosity> all = accuracies_by_luminosity(results, predictions, unreadable);
  std::string text;
  for (const double epsilon : epsilons_of(results)) {
    std::vector<std::vector<std::string>> rows{{"condition", "n"}};
    Bins bins{0, 0};
    for (const AccuracyByLuminosity& one : all) {
      if (one.epsilon != epsilon) continue;
      bins = {one.low, one.high};
      if (rows.size() == 1)
        for (std::size_t bin = 0; bin < bins.count(); ++bin) rows.front().push_back(bins.name(bin));
      rows.push_back({one.condition, std::to_string(one.n)});
      for (const double percent : one.percent) rows.back().push_back(number(percent));
    }
    const std::string where =
        bins.count() == 1 ? "all images have the luminosity above the column"
                          : fmt::format("{} bins from {} to {}, labelled by their centres", kBins, bins.low, bins.high);
    text +=
        wrapped(fmt::format("Test accuracy by luminosity (%), epsilon {}; {}", epsilon, where)) + aligned(rows) + "\n";
  }
  return text + wrapped(unit_of(results) == StudyUnit::draw
                            ? "Means over draws, averaged over the seeds of a draw. n counts draws."
                            : "Means over seeds. n counts seeds.");
}

}  // namespace

std::vector<AccuracyByLuminosity> accuracies_by_luminosity(std::span<const StudyResult> results,
                                                           const PredictionsOf& predictions,
                                                           std::vector<StudyResult>& unreadable) {
  const StudyUnit kind = unit_of(results);
  std::vector<AccuracyByLuminosity> all;
  for (const double epsilon : epsilons_of(results)) {
    Bins bins{INFINITY, -INFINITY};
    for (const StudyResult& result : results)
      if (result.run.epsilon == epsilon) {
        const auto [low, high] = range_of(result.run.settings);
        bins.low = std::min(bins.low, low);
        bins.high = std::max(bins.high, high);
      }
    for (const std::string_view condition : conditions_of(results, epsilon)) {
      std::map<std::uint64_t, Unit> units;
      for (const StudyResult& result : results) {
        const StudyRun& run = result.run;
        const auto percent = test_percent(result, Diverged::at_chance);
        if (run.epsilon != epsilon || run.condition != condition || !percent) continue;
        std::array<double, kBins> accuracies{};
        accuracies.fill(*percent);
        if (result.status == "finished") try {
            accuracies = binned(predictions(result), bins);
          } catch (const DataError& error) {
            unreadable.push_back({.run = run, .status = "predictions cannot be read", .message = error.what()});
            continue;
          }
        units[unit_number(run, kind)].push_back(accuracies);
      }
      AccuracyByLuminosity& one = all.emplace_back(
          AccuracyByLuminosity{epsilon, std::string(condition), units.size(), bins.low, bins.high, {}});
      for (std::size_t bin = 0; bin < bins.count(); ++bin) one.percent.push_back(mean_of_bin(units, bin));
    }
  }
  return all;
}

std::string luminosity_table(std::span<const StudyResult> results, const PredictionsOf& predictions) {
  const auto sets = by_data_set(results);
  std::vector<StudyResult> unreadable;
  std::string text;
  for (const auto& [name, of_set] : sets) {
    if (sets.size() > 1) text += fmt::format("{}Data set {}\n\n", text.empty() ? "" : "\n", name);
    text += table_of_one(of_set, predictions, unreadable);
  }
  return text + after_blank_line(lists_of_runs(with_status(results, unreadable)));
}

}  // namespace chandelier

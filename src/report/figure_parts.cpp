#include "report/figure_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "base/error.hpp"
#include "base/quantile.hpp"
#include "report/comparison_tables.hpp"
#include "statistics/quantiles.hpp"

namespace chandelier {
namespace {

/// The index of a run, or of the run that it repeats.
std::size_t original(const FigureSource& source, std::size_t run) {
  const StudyResult& result = source.results[run];
  if (!result.repeats) return run;
  const auto found = std::ranges::find_if(source.results, [&](const StudyResult& other) {
    return other.run.condition == result.run.condition && other.run.epsilon == result.run.epsilon &&
           other.run.draw == result.repeats->draw && other.run.seed == result.repeats->seed;
  });
  if (found == source.results.end())
    throw Bug(fmt::format("a run of {} repeats one that the study does not have", result.run.condition));
  return static_cast<std::size_t>(found - source.results.begin());
}

/// The mean of each unit over the values that `value_of` gives for its runs.
template <class ValueOf>
std::vector<UnitPoint> points(const FigureSource& source, std::string_view condition, double epsilon,
                              const ValueOf& value_of) {
  std::map<std::uint64_t, UnitPoint> units;
  std::map<std::uint64_t, std::vector<double>> values;
  for (std::size_t i = 0; i < source.results.size(); ++i) {
    const StudyRun& run = source.results[i].run;
    if (run.condition != condition || run.epsilon != epsilon) continue;
    const std::optional<double> value = value_of(i);
    if (!value) continue;
    const std::uint64_t unit = unit_number(run, source.unit);
    UnitPoint& point = units[unit];
    point.unit = unit;
    point.runs.push_back(original(source, i));
    point.diverged += source.results[original(source, i)].status == "diverged";
    values[unit].push_back(*value);
  }
  std::vector<UnitPoint> all;
  for (auto& [unit, point] : units) {
    point.value = rounded(sample_mean(values[unit]), 12);
    all.push_back(std::move(point));
  }
  return all;
}

}  // namespace

bool FigureSource::has(std::string_view condition) const {
  return std::ranges::find(conditions, condition) != conditions.end();
}

const Settings& FigureSource::settings_of(std::string_view condition) const {
  return std::ranges::find(results, condition,
                           [](const auto& result) { return std::string_view(result.run.condition); })
      ->run.settings;
}

const Comparison* FigureSource::difference(std::string_view first, std::string_view second,
                                           std::optional<double> epsilon) const {
  const auto found = std::ranges::find_if(comparisons, [&](const Comparison& row) {
    return row.first == first && row.second == second && row.epsilon == epsilon;
  });
  return found == comparisons.end() ? nullptr : &*found;
}

const Comparison* FigureSource::difference(std::string_view first, std::string_view second) const {
  return difference(first, second, epsilons.size() == 1 ? std::optional(epsilons.front()) : std::nullopt);
}

std::vector<UnitPoint> accuracy_points(const FigureSource& source, std::string_view condition, double epsilon,
                                       bool in_pairs) {
  return points(source, condition, epsilon, [&](std::size_t i) {
    return test_percent(source.results[in_pairs ? original(source, i) : i], Diverged::at_chance);
  });
}

std::vector<UnitPoint> measure_points(const FigureSource& source, std::string_view condition, double epsilon,
                                      std::string_view series) {
  return points(source, condition, epsilon, [&](std::size_t i) {
    return source.results[i].status == "finished" ? last_value(source.series[i], series) : std::nullopt;
  });
}

double rounded(double value, int digits) {
  if (!std::isfinite(value) || value == 0) return value;
  const double scale = std::pow(10, digits - 1 - static_cast<int>(std::floor(std::log10(std::abs(value)))));
  return std::isfinite(scale) ? std::round(value * scale) / scale : value;
}

Json figure(std::string_view id, std::string_view title) {
  return {{"id", id},  {"title", title},           {"caption", ""},
          {"alt", ""}, {"missing", Json::array()}, {"panels", Json::array()}};
}

bool add_panel(Json& figure, std::string_view kind, std::string_view title, const DataTable& table,
               std::string_view without, const Json& more) {
  if (table.empty()) {
    if (!without.empty()) figure["missing"].push_back(without);
    return false;
  }
  Json panel{{"kind", kind}, {"title", title}};
  panel.update(more);
  panel["table"] = table.json();
  figure["panels"].push_back(std::move(panel));
  return true;
}

bool has_all(const FigureSource& source, Json& figure, std::span<const std::string_view> conditions) {
  std::vector<std::string_view> missing;
  for (const std::string_view condition : conditions)
    if (!source.has(condition)) missing.push_back(condition);
  if (missing.empty()) return true;
  Json& sentences = figure["missing"];
  const std::string sentence = fmt::format("This study has no {}.", fmt::join(missing, ", no "));
  if (std::ranges::find(sentences, Json(sentence)) == sentences.end()) sentences.push_back(sentence);
  return false;
}

void add_boxes(Json& figure, const FigureSource& source, std::string_view title,
               std::span<const std::string_view> conditions, bool by_epsilon, std::string_view series,
               std::string_view axis, std::string_view reference) {
  DataTable dots(
      {"condition", "epsilon", source.unit == StudyUnit::draw ? "draw" : "seed", "value", "diverged", "runs"});
  DataTable boxes({"condition", "epsilon", "n", "low", "q1", "median", "q3", "high"});
  DataTable lines({"epsilon", "median"});
  const auto points_at = [&](std::string_view condition, double epsilon) {
    return series.empty() ? accuracy_points(source, condition, epsilon)
                          : measure_points(source, condition, epsilon, series);
  };
  for (const std::string_view condition : conditions) {
    std::vector<double> pooled;
    const auto add_box = [&](const std::vector<double>& values, const Json& epsilon) {
      if (values.empty()) return;
      boxes.add(condition, epsilon, values.size(), std::ranges::min(values), quantile(values, 0.25), median(values),
                quantile(values, 0.75), std::ranges::max(values));
    };
    for (const double epsilon : source.epsilons) {
      std::vector<double> values;
      for (const UnitPoint& point : points_at(condition, epsilon)) {
        dots.add(condition, epsilon, point.unit, point.value, point.diverged, point.runs);
        values.push_back(point.value);
      }
      pooled.insert(pooled.end(), values.begin(), values.end());
      if (by_epsilon) add_box(values, epsilon);
    }
    if (!by_epsilon) add_box(pooled, nullptr);
  }
  if (!reference.empty())
    for (const double epsilon : source.epsilons) {
      const std::vector<double> values = values_of(accuracy_points(source, reference, epsilon));
      if (!values.empty()) lines.add(epsilon, median(values));
    }
  add_panel(figure, "boxes", title, dots, fmt::format("{}: no run has a value yet.", title),
            {{"axis", axis},
             {"order", conditions},
             {"by_epsilon", by_epsilon},
             {"boxes", boxes.json()},
             {"reference", reference},
             {"lines", lines.json()}});
}

std::string n_text(const FigureSource& source, std::span<const std::string_view> conditions) {
  std::size_t least = SIZE_MAX, most = 0;
  for (const std::string_view condition : conditions)
    for (const double epsilon : source.epsilons) {
      const std::size_t n = accuracy_points(source, condition, epsilon).size();
      least = std::min(least, n);
      most = std::max(most, n);
    }
  return least >= most ? fmt::format("n = {} {}s", most, source.unit_name())
                       : fmt::format("n = {} to {} {}s", least, most, source.unit_name());
}

std::string paired_text(const FigureSource& source, std::string_view first, std::string_view second) {
  const Comparison* const row = source.difference(first, second);
  if (row == nullptr || row->difference.n == 0)
    return fmt::format("{} - {}: no pair of runs has an outcome yet", first, second);
  const PairedDifference& d = row->difference;
  return fmt::format("{} - {}: {} points{}{}, {} (sign flips, Holm), {}", first, second, signed_number(d.mean),
                     d.has_interval() ? " " : "", d.has_interval() ? signed_interval(d.low, d.high) : "",
                     p_text(row->p_holm), n_in_words(*row) + shared_in_words(*row));
}

std::string unpaired_text(const Comparison& row) {
  if (std::isnan(row.unpaired.U)) return "U not defined";
  return fmt::format("U = {}, {}", row.unpaired.U, p_text(row.unpaired.p));
}

std::vector<double> values_of(std::span<const UnitPoint> points) {
  std::vector<double> values;
  values.reserve(points.size());
  for (const UnitPoint& point : points) values.push_back(point.value);
  return values;
}

std::string median_text(std::span<const UnitPoint> points, int digits) {
  if (points.empty()) return "no value";
  const std::vector<double> values = values_of(points);
  const auto text = [&](double value) {
    const double scale = std::pow(10, digits);
    return fmt::format("{:.{}f}", std::round(value * scale) / scale + 0.0, digits);  // no -0.00
  };
  return fmt::format("{} ({} to {})", text(median(values)), text(quantile(values, 0.25)), text(quantile(values, 0.75)));
}

}  // namespace chandelier

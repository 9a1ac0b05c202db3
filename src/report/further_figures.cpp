#include "report/further_figures.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/quantile.hpp"
#include "report/comparison_tables.hpp"
#include "report/luminosity_table.hpp"
#include "report/weight_histogram.hpp"
#include "statistics/quantiles.hpp"
#include "studies/study_results.hpp"
#include "training/evaluation_table.hpp"
#include "training/registry.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

/// Whether the runs come from tables, so that a figure lacks what only their folders contain. The figure then says so.
bool lacks_folders(Json& fig, const FigureSource& source) {
  if (!source.folder.empty()) return false;
  fig["missing"].push_back("This figure needs the folder of the study; tables of runs have only the last epoch.");
  return true;
}

/// Values of each unit at each epoch. An epoch is empty if no unit has a value.
using Course = std::map<int, std::map<std::uint64_t, std::vector<double>>>;

Course course_of(const FigureSource& source, std::string_view condition, double epsilon, std::string_view name) {
  const bool is_accuracy = name.ends_with("accuracy");
  Course course;
  for (std::size_t i = 0; i < source.results.size(); ++i) {
    const StudyResult& result = source.results[i];
    if (result.run.condition != condition || result.run.epsilon != epsilon || !has_outcome(result)) continue;
    const RunSeries& series = source.series[i];
    const auto values = series.find(name), epochs = series.find("epoch");
    if (values == series.end() || epochs == series.end()) continue;
    const std::uint64_t unit = unit_number(result.run, source.unit);
    const bool diverged = result.status == "diverged";
    int last = -1;
    for (std::size_t at = 0; at < values->second.size(); ++at) {
      const double value = values->second[at];
      last = static_cast<int>(epochs->second[at]);
      if (diverged && std::cmp_equal(at + 1, values->second.size()))
        --last;  // the epoch of divergence counts at chance, too
      else if (std::isfinite(value))
        course[last][unit].push_back(value);
      else
        course.try_emplace(last);  // a gap, unless another unit has a value there
    }
    if (is_accuracy && diverged)  // at chance, as in the tests
      for (int epoch = last + 1; epoch <= result.run.settings.epochs; ++epoch)
        course[epoch][unit].push_back(100.0 / result.run.settings.classes);
  }
  return course;
}

/// Median and middle half over units of one series.
bool add_curves(Json& fig, const FigureSource& source, std::string_view series, std::string_view axis, int digits) {
  DataTable table({"condition", "epsilon", "epoch", "n", "q1", "median", "q3"});
  for (const std::string_view condition : source.conditions)
    for (const double epsilon : source.epsilons) {
      const Course course = course_of(source, condition, epsilon, series);
      if (std::ranges::all_of(course, [](const auto& epoch) { return epoch.second.empty(); })) continue;
      for (const auto& [epoch, units] : course) {
        if (units.empty()) {  // a null breaks the line
          table.add(condition, epsilon, epoch, 0, nullptr, nullptr, nullptr);
          continue;
        }
        std::vector<double> values;
        for (const auto& [_, of_unit] : units) values.push_back(sample_mean(of_unit));
        table.add(condition, epsilon, epoch, values.size(), rounded(quantile(values, 0.25), digits),
                  rounded(median(values), digits), rounded(quantile(values, 0.75), digits));
      }
    }
  return add_panel(fig, "curves", axis, table, fmt::format("{}: not recorded by any run.", axis), {{"axis", axis}});
}

/// Replaces the semicolon at the end of a list by a full stop.
std::string ended(std::string list) {
  if (!list.empty()) list.back() = '.';
  return list;
}

std::string best_text(const FigureSource& source, double epsilon) {
  std::vector<std::pair<double, std::string_view>> medians;
  for (const std::string_view condition : source.conditions) {
    const std::vector<double> values = values_of(accuracy_points(source, condition, epsilon));
    if (!values.empty()) medians.emplace_back(median(values), condition);
  }
  std::ranges::sort(medians, std::greater<>());
  std::string text;
  for (const auto& [value, condition] : medians)
    text += fmt::format("{}{} {}", text.empty() ? "" : ", ", condition, number(value));
  return text;
}

/// "best inorm-full 66.26, worst ei 53.99"
std::string best_and_worst(std::span<const std::pair<double, std::string>> of_conditions) {
  const auto [worst, best] = std::ranges::minmax_element(of_conditions);
  return best == worst ? fmt::format("{} {}", best->second, number(best->first))
                       : fmt::format("best {} {}, worst {} {}", best->second, number(best->first), worst->second,
                                     number(worst->first));
}

Json learning_curves(const FigureSource& source) {
  Json fig = figure("learning-curves", "Learning curves");
  if (lacks_folders(fig, source)) return fig;
  add_curves(fig, source, "test_accuracy", "Test accuracy (%)", 5);
  add_curves(fig, source, "train_loss", "Training loss", 4);
  fig["caption"] = fmt::format(
      "Median (line) and middle half (band) over {}s at each epoch, by condition and epsilon; {}. Epoch 0 is before "
      "training. Diverged runs count at chance accuracy from then on. No statistical test: tests use the last epoch.",
      source.unit_name(), n_text(source, source.conditions));
  fig["alt"] = fmt::format("Median test accuracy after the last epoch at epsilon {}: {}.", source.epsilons.back(),
                           best_text(source, source.epsilons.back()));
  return fig;
}

Json measures_over_epochs(const FigureSource& source) {
  Json fig = figure("measures", "Alignment, moments and shares of the error over training");
  if (lacks_folders(fig, source)) return fig;
  for (const auto& [series, axis] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
           {"output_alignment", "Output alignment"},
           {"gradient_alignment", "Gradient alignment"},
           {"task_gradient_alignment", "Update alignment"},
           {"mean", "First moment"},
           {"variance", "Variance"},
           {"uniform_share", "Uniform share of the error"},
           {"uniform_share_delta", "Uniform share after normalization"},
           {"activity_share_delta", "Share along activity after normalization"}})
    add_curves(fig, source, series, axis, 4);
  fig["caption"] = fmt::format(
      "Median (line) and middle half (band) over {}s, averaged over the hidden layers, of runs with an outcome. "
      "Update alignment: cosine similarity of the update of Wex to that of exact back-propagation through layer "
      "normalization. Definitions: docs/notation.md, section 7. No statistical test.",
      source.unit_name());
  std::string alt;
  for (const std::string_view condition : source.conditions) {
    const auto points = measure_points(source, condition, source.epsilons.back(), "gradient_alignment");
    if (!points.empty()) alt += fmt::format(" {} {};", condition, median_text(points, 3));
  }
  if (!alt.empty())
    fig["alt"] = fmt::format("Gradient alignment after the last epoch at epsilon {} (median and middle half):{}",
                             source.epsilons.back(), ended(alt));
  return fig;
}

Json other_luminosities(const FigureSource& source, std::vector<std::string>& problems) {
  Json fig = figure("other-luminosities", "Accuracy at luminosities not trained on");
  if (lacks_folders(fig, source)) return fig;
  using Cell = std::tuple<std::string_view, double, std::string, double>;  // condition, epsilon, luminosity, its value
  std::map<Cell, std::map<std::uint64_t, std::vector<double>>> cells;
  std::size_t without = 0;
  for (const StudyResult& result : source.results) {
    if (result.status != "finished") continue;
    std::error_code ignored;
    if (!std::filesystem::exists(source.folder / result.run.folder / "evaluation.csv", ignored)) {
      ++without;
      continue;
    }
    try {
      for (const auto& [at, measured] : read_evaluation(source.folder / result.run.folder))
        cells[{result.run.condition, result.run.epsilon, at.luminosity, at.value}][unit_number(result.run, source.unit)]
            .push_back(100 * measured.accuracy);
    } catch (const DataError& error) {
      ++without;
      problems.emplace_back(error.what());
    }
  }
  DataTable shifts({"condition", "epsilon", "shift", "n", "value"});
  DataTable models({"row", "column", "condition", "epsilon", "n", "value"});
  std::map<double, std::vector<std::pair<double, std::string_view>>> at_darkest;
  for (const auto& [cell, units] : cells) {
    std::vector<double> values;
    for (const auto& [_, of_unit] : units) values.push_back(sample_mean(of_unit));
    const auto& [condition, epsilon, luminosity, value] = cell;
    const double mean = sample_mean(values);
    if (luminosity != "fixed") {
      models.add(condition, fmt::format("{} {}", luminosity, value), condition, epsilon, values.size(),
                 rounded(mean, 5));
      continue;
    }
    shifts.add(condition, epsilon, value, values.size(), rounded(mean, 5));
    if (epsilon == source.epsilons.back()) at_darkest[value].emplace_back(mean, condition);
  }
  if (!shifts.empty() || models.empty())
    add_panel(fig, "heatmap", "Test accuracy (%) at fixed shifts", shifts,
              "No run has an evaluation.csv. Use chandelier study run on this study to add it to finished runs.",
              {{"order", source.conditions}});
  if (!models.empty())
    add_panel(fig, "matrix", "Test accuracy (%) under other luminosity models", models, "",
              {{"order", source.conditions}});
  if (without > 0 && !cells.empty())
    fig["missing"].push_back(
        fmt::format("{} finished runs have no readable evaluation.csv and are left out. Use chandelier study run "
                    "on this study to add it.",
                    without));
  fig["caption"] = fmt::format(
      "Test accuracy of finished runs if all test images are shifted by the value on the x axis, or seen under another "
      "luminosity model, by the epsilon of training; mean over {}s. Shifts beyond epsilon did not occur in training. "
      "No statistical test.",
      source.unit_name());
  std::string alt;
  for (const auto& [shift, of_conditions] : at_darkest) {
    const auto best = std::ranges::max_element(of_conditions);
    alt += fmt::format(" shift {}: {} {:.1f} %;", shift, best->second, best->first);
  }
  if (!alt.empty())
    fig["alt"] = fmt::format("Best condition among those trained at epsilon {}, by shift:{}", source.epsilons.back(),
                             ended(alt));
  return fig;
}

Json by_luminosity(const FigureSource& source, std::vector<std::string>& problems) {
  Json fig = figure("by-luminosity", "Accuracy by the luminosity of the image");
  if (lacks_folders(fig, source)) return fig;
  std::vector<StudyResult> unreadable;
  const auto all = accuracies_by_luminosity(
      source.results, [&](const StudyResult& result) { return predictions_of(source.folder / result.run.folder); },
      unreadable);
  for (const StudyResult& result : unreadable) problems.push_back(result.message);
  DataTable table({"condition", "epsilon", "luminosity", "n", "value"});
  std::vector<std::pair<double, std::string>> darkest, brightest;
  for (const AccuracyByLuminosity& one : all) {
    const auto bins = static_cast<double>(one.percent.size());
    for (std::size_t bin = 0; bin < one.percent.size(); ++bin)
      if (std::isfinite(one.percent[bin]))
        table.add(one.condition, one.epsilon,
                  rounded(one.low + (one.high - one.low) * (static_cast<double>(bin) + 0.5) / bins, 6), one.n,
                  rounded(one.percent[bin], 6));
    if (one.epsilon == source.epsilons.back() && one.n > 0) {
      darkest.emplace_back(one.percent.front(), one.condition);
      brightest.emplace_back(one.percent.back(), one.condition);
    }
  }
  add_panel(fig, "luminosity", "Test accuracy (%)", table, "No run has an outcome yet.",
            {{"order", source.conditions}});
  if (!unreadable.empty())
    fig["missing"].push_back(
        fmt::format("{} runs are left out because their predictions cannot be read.", unreadable.size()));
  fig["caption"] = fmt::format(
      "Test accuracy after the last epoch in 8 bins of the luminosity of the test image, mean over {}s (the numbers of "
      "chandelier study table --by-luminosity); {}. Diverged runs count at chance accuracy. No statistical test.",
      source.unit_name(), n_text(source, source.conditions));
  if (!darkest.empty())
    fig["alt"] = fmt::format("At epsilon {}, in the darkest bin: {}; in the brightest: {}.", source.epsilons.back(),
                             best_and_worst(darkest), best_and_worst(brightest));
  return fig;
}

/// What normalizes the activity of a condition.
std::string activity_of(const Settings& settings) {
  const CircuitTraits circuit = circuit_traits(settings.circuit);
  if (circuit.normalizes) return circuit.divides ? "by inhibition" : "centred by inhibition";
  return settings.activity_norm;
}

/// The settings that determine what happens to an error after its normalization.
auto ways_of_errors(const Settings& s) { return std::tie(s.error_divide, s.error_acts_on, s.error_route, s.feedback); }

/// Whether a condition differs from the paper's only in the two normalizations.
bool is_plain(const Settings& settings) {
  const Settings paper;
  return settings.error_part == paper.error_part && ways_of_errors(settings) == ways_of_errors(paper);
}

Json factorial(const FigureSource& source) {
  Json fig = figure("factorial", "Which is normalized: activity, errors, or both?");
  DataTable table({"condition", "circuit", "activity", "error", "epsilon", "n", "value"});
  std::set<std::string> activities, errors;
  std::string alt;
  for (const std::string_view condition : source.conditions) {
    const Settings& settings = source.settings_of(condition);
    if (!is_plain(settings)) continue;
    const std::string activity = activity_of(settings);
    const bool has_none = settings.error_norm == "own" && settings.activity_norm == "none";
    const std::string error = has_none ? "none" : settings.error_norm;
    for (const double epsilon : source.epsilons) {
      const std::vector<double> values = values_of(accuracy_points(source, condition, epsilon));
      if (values.empty()) continue;
      table.add(condition, circuit_traits(settings.circuit).has_inhibition ? "E-I" : "E", activity, error, epsilon,
                values.size(), median(values));
      if (epsilon == source.epsilons.back())
        alt += fmt::format(" activity {}, error {} ({}): {};", activity, error, condition, number(median(values)));
    }
    activities.insert(activity);
    errors.insert(error);
  }
  if (activities.size() < 2 || errors.size() < 2) {
    fig["missing"].push_back(
        "This figure needs conditions with different normalizations of activity and of errors, such as those of "
        "studies/factorial.toml.");
    return fig;
  }
  add_panel(fig, "factorial", "Median test accuracy (%)", table, "No run has an outcome yet.");
  fig["caption"] = fmt::format(
      "Median test accuracy after the last epoch over {}s, {} at each epsilon, by the normalization of activity and of "
      "errors. own is the exact derivative of the layer's activity normalization. {} See the table of differences for "
      "tests.",
      source.unit_name(), n_text(source, source.conditions), "Diverged runs count at chance accuracy.");
  if (!alt.empty()) fig["alt"] = fmt::format("Medians at epsilon {}:{}", source.epsilons.back(), ended(alt));
  return fig;
}

Json direction_or_magnitude(const FigureSource& source) {
  Json fig = figure("error-part", "Does the direction of the normalized error matter, or its magnitude?");
  // Conditions that differ from a part only in the part.
  const auto base = [&](std::string_view condition) {
    const Settings& s = source.settings_of(condition);
    return std::tuple(s.circuit, s.activity_norm, s.error_norm, ways_of_errors(s));
  };
  std::vector<std::string_view> shown;
  for (const std::string_view part : source.conditions) {
    if (source.settings_of(part).error_part == "whole") continue;
    for (const std::string_view condition : source.conditions) {
      const Settings& s = source.settings_of(condition);
      const bool is_same = base(condition) == base(part);
      const bool is_unnormalized = s.error_part == "whole" && s.error_norm == "none" &&
                                   s.circuit == source.settings_of(part).circuit &&
                                   s.activity_norm == source.settings_of(part).activity_norm;
      if ((is_same || is_unnormalized) && std::ranges::find(shown, condition) == shown.end())
        shown.push_back(condition);
    }
  }
  if (shown.empty()) {
    fig["missing"].push_back(
        "This figure needs a condition with error_part direction or magnitude, such as those of "
        "studies/factorial.toml.");
    return fig;
  }
  add_boxes(fig, source, "Test accuracy at each epsilon", shown, true, "", "Test accuracy (%)");
  fig["caption"] = fmt::format(
      "Direction: the normalized error, scaled to the length of the unnormalized one. Magnitude: the unnormalized "
      "error, scaled to the length of the normalized one. For comparison: the whole normalization, and none. Test "
      "accuracy after the last epoch, {}; median, middle half and range; all points are shown. Diverged runs count at "
      "chance accuracy. See the table of differences for tests.",
      n_text(source, shown));
  std::string alt;
  for (const std::string_view name : shown)
    alt += fmt::format(" {} {};", name, median_text(accuracy_points(source, name, source.epsilons.back())));
  fig["alt"] = fmt::format("Medians and middle halves at epsilon {}:{}", source.epsilons.back(), ended(alt));
  return fig;
}

/// Whether to use a logarithmic axis: the values were drawn so, or they would crowd at the low end of a linear axis.
bool is_logarithmic(const DrawnSetting& drawn, std::vector<double> values) {
  constexpr double kWide = 50;
  if (drawn.range && drawn.range->logarithmic) return true;
  if (std::ranges::any_of(values, [](double value) { return value < 0; })) return false;
  std::erase(values, 0.0);
  return !values.empty() && std::ranges::max(values) >= kWide * std::ranges::min(values);
}

Json hyper_parameters(const FigureSource& source, const Draws& draws) {
  Json fig = figure("hyper-parameters", "Accuracy against each hyper-parameter");
  for (const DrawnSetting& drawn : draws.settings) {
    const Setting& setting = *find_setting(drawn.key);
    // One point per condition and draw: the mean over epsilons, as in the primary test.
    std::map<std::pair<std::string_view, int>, std::pair<std::vector<double>, std::vector<std::size_t>>> points;
    for (std::size_t i = 0; i < source.results.size(); ++i)
      if (const auto percent = test_percent(source.results[i], Diverged::at_chance)) {
        auto& [values, runs] = points[{source.results[i].run.condition, source.results[i].run.draw}];
        values.push_back(*percent);
        runs.push_back(i);
      }
    DataTable table({"condition", "draw", "setting", "value", "runs"});
    std::vector<double> values;
    bool is_numeric = true;
    for (const auto& [key, point] : points) {
      const auto value = number_of(setting.of(source.results[point.second.front()].run.settings));
      is_numeric = is_numeric && value;
      if (value) values.push_back(*value);
      if (value) table.add(key.first, key.second, *value, rounded(sample_mean(point.first), 6), point.second);
    }
    if (!is_numeric) {
      fig["missing"].push_back(fmt::format("{} is not a number and cannot be shown on an axis.", drawn.key));
      continue;
    }
    add_panel(fig, "parameter", drawn.key, table, fmt::format("{}: no run has an outcome yet.", drawn.key),
              {{"axis", drawn.key}, {"logarithmic", is_logarithmic(drawn, values)}});
  }
  if (draws.settings.empty()) {
    fig["missing"].push_back("This study draws no hyper-parameters.");
    return fig;
  }
  fig["caption"] =
      "One point per condition and draw: test accuracy after the last epoch, averaged over epsilons and seeds. All "
      "settings of a draw vary together, so a trend along one axis also reflects the others. Diverged runs count at "
      "chance accuracy. No statistical test.";
  fig["alt"] = fmt::format("Accuracy of every condition for {} draws of {} settings.", draws.values.size(),
                           draws.settings.size());
  return fig;
}

Json weights_before_and_after(const FigureSource& source, std::vector<std::string>& problems) {
  Json fig = figure("weights", "Excitatory weights before and after learning");
  if (lacks_folders(fig, source)) return fig;
  DataTable table({"condition", "when", "log10 weight", "density"});
  DataTable fits({"condition", "when", "mean", "sd", "distance", "zero"});
  double at_start = NAN;
  std::vector<std::pair<double, std::string_view>> distances;
  for (const std::string_view condition : source.conditions) {
    const auto run = std::ranges::find_if(source.results, [&](const StudyResult& result) {
      return result.run.condition == condition && result.run.epsilon == source.epsilons.back() &&
             result.status == "finished";
    });
    if (run == source.results.end()) continue;
    try {
      const auto [before, after] = weight_histograms(source.folder / run->run.folder, run->run.settings);
      for (const auto& [when, histogram] : {std::pair{"before", &before}, {"after", &after}}) {
        for (const auto& [place, density] : histogram->bins)
          table.add(condition, when, rounded(place, 4), rounded(density, 4));
        fits.add(condition, when, rounded(histogram->mean, 4), rounded(histogram->sd, 4),
                 rounded(histogram->distance, 3), rounded(histogram->zero, 4));
      }
      at_start = before.distance;
      if (std::isfinite(after.distance)) distances.emplace_back(after.distance, condition);
    } catch (const UserError& error) {
      problems.emplace_back(error.what());
    }
  }
  add_panel(fig, "weights", "First hidden layer", table, "No run has finished yet.",
            {{"order", source.conditions}, {"fits", fits.json()}});
  fig["caption"] = fmt::format(
      "Density of log10 of the weights above zero, for Wex of the first hidden layer in the first finished run of each "
      "condition at epsilon {} (n = 1 run). Lognormal weights form a normal curve here. The distance is the largest "
      "difference between the cumulative distribution and a normal one of the same mean and sd (0: lognormal). Dale's "
      "law sets some weights to zero, which have no logarithm; the data contain their share. No statistical test.",
      source.epsilons.back());
  if (!distances.empty()) {
    const auto [least, most] = std::ranges::minmax_element(distances);
    fig["alt"] =
        fmt::format("Distance to a lognormal: {:.3f} before learning; from {:.3f} ({}) to {:.3f} ({}) after it.",
                    at_start, least->first, least->second, most->first, most->second);
  }
  return fig;
}

}  // namespace

Json further_figures(const FigureSource& source, const Draws& draws, std::vector<std::string>& problems) {
  Json all = Json::array();
  all.push_back(learning_curves(source));
  all.push_back(measures_over_epochs(source));
  all.push_back(factorial(source));
  all.push_back(direction_or_magnitude(source));
  all.push_back(other_luminosities(source, problems));
  all.push_back(by_luminosity(source, problems));
  all.push_back(hyper_parameters(source, draws));
  all.push_back(weights_before_and_after(source, problems));
  return all;
}

}  // namespace chandelier

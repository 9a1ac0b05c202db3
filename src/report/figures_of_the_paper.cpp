#include "report/figures_of_the_paper.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/error.hpp"
#include "data/dataset.hpp"
#include "luminosity/contact_sheet.hpp"
#include "report/comparison_tables.hpp"

namespace chandelier {
namespace {

using Names = std::vector<std::string_view>;

std::string base64(const std::string& bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  text.resize(static_cast<std::size_t>(size));
  return text;
}

Json figure_1(const FigureSource& source) {
  Json fig = figure("figure-1", "Figure 1: images without and with luminosity jitter");
  const Settings& settings = source.results.front().run.settings;
  try {
    const auto dataset = load_dataset(settings.data, settings.classes);
    DataTable rows({"row", "epsilon"});
    rows.add(1, 0);
    int row = 2;
    for (const double epsilon : {0.25, 0.5, 0.75})
      for (int draw = 0; draw < 2; ++draw) rows.add(row++, epsilon);
    add_panel(fig, "image", dataset->name, rows, "",
              {{"png", base64(contact_sheet(*dataset, settings.seed))},
               {"alt", fmt::format("Test images of {}, one column per class. From the second row on, images become "
                                   "brighter or darker as epsilon grows.",
                                   dataset->name)}});
    fig["caption"] = fmt::format(
        "{}: the first test image of each class. Rows from the top: no jitter, then two draws each of d ~ U(-epsilon, "
        "+epsilon), added to all pixels, which are then clamped to [0, 1]; epsilon is 0.25, 0.5 and 0.75.",
        dataset->name);
    fig["alt"] = "Whole images become brighter or darker; at epsilon 0.75 some lose their contours.";
  } catch (const UserError& error) {
    fig["missing"].push_back(fmt::format("The images cannot be read on this machine ({}).", error.what()));
  }
  return fig;
}

/// One condition against another, one point per unit and epsilon.
/// @returns the number of points at which `first` is above `second`, and of all points
std::pair<int, int> add_scatter(Json& fig, const FigureSource& source, std::string_view second,
                                std::string_view first) {
  DataTable table(
      {"epsilon", std::string(source.unit_name()), std::string(second), std::string(first), "diverged", "runs"});
  int above = 0, all = 0;
  for (const double epsilon : source.epsilons) {
    const std::vector<UnitPoint> x = accuracy_points(source, second, epsilon, true);
    std::set<std::vector<std::size_t>> shown;  // pairs of the same runs count once
    for (const UnitPoint& y : accuracy_points(source, first, epsilon, true)) {
      const auto partner = std::ranges::find(x, y.unit, &UnitPoint::unit);
      if (partner == x.end()) continue;
      std::vector<std::size_t> runs = partner->runs;
      runs.insert(runs.end(), y.runs.begin(), y.runs.end());
      if (!shown.insert(runs).second) continue;
      table.add(epsilon, y.unit, partner->value, y.value, y.diverged + partner->diverged, runs);
      above += y.value > partner->value;
      ++all;
    }
  }
  add_panel(fig, "scatter", fmt::format("{} against {}", first, second), table,
            fmt::format("{} against {}: no pair of runs has an outcome yet.", first, second),
            {{"x", second}, {"y", first}});
  return {above, all};
}

/// A histogram of a measure of some conditions, at one epsilon or over all.
void add_histogram(Json& fig, const FigureSource& source, const Names& conditions, std::string_view series,
                   std::string_view axis, std::optional<double> only) {
  DataTable table({"condition", "epsilon", std::string(source.unit_name()), "value", "runs"});
  for (const std::string_view condition : conditions)
    for (const double epsilon : source.epsilons) {
      if (only && epsilon != *only) continue;
      for (const UnitPoint& point : measure_points(source, condition, epsilon, series))
        table.add(condition, epsilon, point.unit, rounded(point.value, 6), point.runs);
    }
  const std::string title = only ? fmt::format("{}, epsilon {}", axis, *only) : fmt::format("{}, all epsilons", axis);
  add_panel(fig, "histogram", title, table, fmt::format("{}: not recorded by any finished run.", axis),
            {{"axis", axis}, {"order", conditions}});
}

std::string not_in_pairs(const FigureSource& source, std::string_view first, std::string_view second) {
  const Comparison* const row = source.difference(first, second);
  if (row == nullptr || row->pairs >= row->planned_pairs) return {};
  return fmt::format(" {} of {} pairs have no outcome and are not included.", row->planned_pairs - row->pairs,
                     row->planned_pairs);
}

constexpr std::string_view kCounts = "Diverged runs count, and are shown, at chance accuracy.";

Json figure_2(const FigureSource& source) {
  Json fig = figure("figure-2", "Figure 2: layer normalization in an E-I network");
  std::string caption, alt;
  if (has_all(source, fig, Names{"ei", "ei-ln"})) {
    const auto [above, all] = add_scatter(fig, source, "ei", "ei-ln");
    caption = fmt::format("Scatter plot: test accuracy after the last epoch, one point per {} and epsilon ({}). {}.{} ",
                          source.unit_name(), n_text(source, Names{"ei", "ei-ln"}), paired_text(source, "ei-ln", "ei"),
                          not_in_pairs(source, "ei-ln", "ei"));
    alt = fmt::format("ei-ln is above ei at {} of {} points. ", above, all);
  }
  if (has_all(source, fig, Names{"ei-ln", "e-ln"})) {
    const Names both{"ei-ln", "e-ln"};
    add_boxes(fig, source, "Layer normalization in E-I and in E networks", both, false, "", "Test accuracy (%)");
    const Comparison* const row = source.difference("ei-ln", "e-ln");
    caption += fmt::format(
        "Boxes: all epsilons pooled, {} at each; median, middle half and range; all points are shown. Two-sided "
        "unpaired Mann-Whitney test, as in the paper: {}. Paired: {}. The paper shows the best 10 draws at each "
        "epsilon; here all are shown. ",
        n_text(source, both), row == nullptr ? "not defined" : unpaired_text(*row),
        paired_text(source, "ei-ln", "e-ln"));
    alt += fmt::format("{}.", paired_text(source, "ei-ln", "e-ln"));
  }
  if (!caption.empty()) fig["caption"] = caption + std::string(kCounts);
  fig["alt"] = alt;
  return fig;
}

Json figure_3(const FigureSource& source) {
  Json fig = figure("figure-3", "Figure 3: moments of activity");
  Names present;
  for (const std::string_view name : Names{"ei", "inorm-sub", "inorm"})
    if (source.has(name))
      present.push_back(name);
    else
      has_all(source, fig, Names{name});
  if (present.empty()) return fig;
  std::string alt;
  for (const auto& [series, axis] : {std::pair{"mean", "First moment"}, {"variance", "Variance"}}) {
    add_boxes(fig, source, axis, present, false, series, axis);
    alt += fmt::format("{} (median and middle half):", axis);
    for (const std::string_view name : present) {
      std::vector<UnitPoint> all;
      for (const double epsilon : source.epsilons)
        for (UnitPoint& point : measure_points(source, name, epsilon, series)) all.push_back(std::move(point));
      alt += fmt::format(" {} {};", name, median_text(all));
    }
    alt.back() = '.';
    alt += ' ';
  }
  fig["alt"] = alt;
  fig["caption"] = fmt::format(
      "Mean and variance over the units of a layer before the ReLU, averaged over images and hidden layers, after the "
      "last epoch. All epsilons pooled, {} at each; finished runs only. No statistical test. The paper shows the best "
      "10 draws at each epsilon, without outliers; here all are shown. Published: ei about -0.55 and 1.2, inorm about "
      "0 and 1.",
      n_text(source, present));
  return fig;
}

Json figure_of_alignment(const FigureSource& source, std::string_view id, std::string_view title,
                         std::string_view condition) {
  Json fig = figure(id, title);
  std::string caption, alt;
  if (has_all(source, fig, Names{condition, "e-ln"})) {
    const auto [above, all] = add_scatter(fig, source, "e-ln", condition);
    caption =
        fmt::format("Scatter plot: test accuracy after the last epoch, one point per {} and epsilon ({}). {}.{} {} ",
                    source.unit_name(), n_text(source, Names{condition, "e-ln"}),
                    paired_text(source, condition, "e-ln"), not_in_pairs(source, condition, "e-ln"), kCounts);
    alt = fmt::format("{} is above e-ln at {} of {} points. ", condition, above, all);
  }
  if (source.has(condition)) {
    const double strongest = source.epsilons.back();
    for (const auto& [series, axis] :
         {std::pair{"output_alignment", "Output alignment"}, {"gradient_alignment", "Gradient alignment"}}) {
      add_histogram(fig, source, {condition}, series, axis, strongest);
      alt += fmt::format("{} of {} at epsilon {}: {}. ", axis, condition, strongest,
                         median_text(measure_points(source, condition, strongest, series), 3));
    }
    caption += fmt::format(
        "Histograms: cosine similarity to layer normalization at epsilon {}, of the output and of the gradient of Wex, "
        "averaged over the hidden layers; finished runs only.",
        strongest);
  }
  fig["caption"] = caption;
  fig["alt"] = alt;
  return fig;
}

Json figure_of_errors(const FigureSource& source, std::string_view id, std::string_view title, const Names& aligned,
                      const Names& compared) {
  Json fig = figure(id, title);
  const auto those_present = [&](const Names& names) {
    Names present;
    std::ranges::copy_if(names, std::back_inserter(present), [&](std::string_view name) { return source.has(name); });
    return present;
  };
  const Names boxes = those_present(compared), histograms = those_present(aligned);
  Names lacking;
  for (const std::string_view name : compared)
    if (!source.has(name)) lacking.push_back(name);
  if (!source.has("e-ln")) lacking.push_back("e-ln");
  has_all(source, fig, lacking);
  if (boxes.empty()) return fig;

  if (!histograms.empty())
    add_histogram(fig, source, histograms, "gradient_alignment", "Gradient alignment", std::nullopt);
  add_boxes(fig, source, "Test accuracy at each epsilon", boxes, true, "", "Test accuracy (%)",
            source.has("e-ln") ? "e-ln" : "");
  std::string tests, alt;
  for (const std::string_view name : boxes) {
    std::string of_epsilons;
    for (const double epsilon : source.epsilons)
      if (const Comparison* const row = source.difference(name, "e-ln", epsilon))
        of_epsilons += fmt::format("{}epsilon {} {}", of_epsilons.empty() ? "" : "; ", epsilon, unpaired_text(*row));
    if (!of_epsilons.empty()) tests += fmt::format(" {}: {}.", name, of_epsilons);
    if (source.has("e-ln")) alt += paired_text(source, name, "e-ln") + ". ";
  }
  fig["caption"] = fmt::format(
      "Gradient alignment: cosine similarity of the gradient of Wex to that through layer normalization, all epsilons "
      "pooled; finished runs only. Boxes: test accuracy after the last epoch, {} at each epsilon; median, middle half "
      "and range; all points are shown. The line is the median of e-ln. {}{}{}",
      n_text(source, boxes), kCounts,
      tests.empty() ? "" : " Two-sided unpaired Mann-Whitney tests against e-ln, as in the paper, not corrected:",
      tests);
  fig["alt"] = alt;
  return fig;
}

/// The figure of the supplement; null unless the runs of `inorm` have several values of lambda.
Json figure_of_lambda(const FigureSource& source) {
  Json fig = figure("figure-s", "Supplement: output alignment over lambda");
  DataTable table({"condition", "epsilon", "lambda", std::string(source.unit_name()), "seed", "value", "runs"});
  std::map<double, std::vector<double>> by_lambda;
  for (std::size_t i = 0; i < source.results.size(); ++i) {
    const StudyResult& result = source.results[i];
    if (result.run.condition != "inorm" || result.status != "finished") continue;
    const auto value = last_value(source.series[i], "output_alignment");
    if (!value) continue;
    by_lambda[result.run.settings.lambda].push_back(*value);
    table.add(result.run.condition, result.run.epsilon, result.run.settings.lambda, result.run.draw, result.run.seed,
              rounded(*value, 6), std::vector<std::size_t>{i});
  }
  if (by_lambda.size() < 2) return nullptr;
  add_panel(fig, "lambda", "Output alignment of inorm", table, "");
  std::string alt = "Mean output alignment by lambda:";
  for (const auto& [lambda, values] : by_lambda) alt += fmt::format(" {} {:.3f};", lambda, sample_mean(values));
  alt.back() = '.';
  fig["alt"] = alt;
  fig["caption"] =
      "Cosine similarity between the rectified activity and that of layer normalization, after the last epoch, "
      "averaged "
      "over the hidden layers, by the weight lambda of the homeostatic loss that trains inhibition. One point per "
      "finished run. No statistical test.";
  return fig;
}

}  // namespace

Json figures_of_the_paper(const FigureSource& source) {
  Json all = Json::array();
  all.push_back(figure_1(source));
  all.push_back(figure_2(source));
  all.push_back(figure_3(source));
  all.push_back(figure_of_alignment(source, "figure-4", "Figure 4: inhibition normalizes activity only", "inorm"));
  all.push_back(
      figure_of_alignment(source, "figure-5", "Figure 5: inhibition normalizes activity and errors", "inorm-full"));
  all.push_back(figure_of_errors(source, "figure-6", "Figure 6: which part of the error normalization matters",
                                 {"inorm-center", "inorm-decorrelate", "inorm-scale"},
                                 {"inorm-center", "inorm-decorrelate", "inorm-scale", "inorm-full"}));
  all.push_back(figure_of_errors(source, "figure-7", "Figure 7: random lateral inhibition of errors",
                                 {"inorm-lateral", "inorm-center", "inorm-full"},
                                 {"inorm-lateral", "inorm-center", "inorm-full"}));
  if (Json lambda = figure_of_lambda(source); !lambda.is_null()) all.push_back(std::move(lambda));
  return all;
}

}  // namespace chandelier

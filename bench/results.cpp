#include "results.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>

namespace chandelier::bench {
namespace {

/// Steps of an epoch: 60000 images in batches of 32.
constexpr double kStepsOfAnEpoch = 1875;

constexpr double kMissing = std::numeric_limits<double>::quiet_NaN();

/// A line for each condition, precision and width that was measured, below a title.
template <class Line>
std::string table(const Results& results, const std::string& what, const std::string& title, Line line) {
  std::string lines;
  for (const std::string& condition : kConditions)
    for (const std::string precision : {"fp32", "bf16"})
      for (const int width : kWidths) {
        const std::string name = name_of(what + suffix_of(precision), condition, width);
        const std::string step = name_of("step" + suffix_of(precision), condition, width);
        if (results.has(name))
          lines += fmt::format("  {:<10} {} {:>5}  {}\n", condition, precision, width, line(name, step));
      }
  return lines.empty() ? "" : "\n" + title + "\n" + lines;
}

std::string parts_of_steps(const Results& results) {
  return table(
      results, "parts",
      "Where a step goes (% of its time): products of the hidden layers, other work of updates (the projection),\n"
      "other passes up and down, readout and loss, images\n"
      "  condition       width  products  updates  passes  readout  images",
      [&](const std::string& name, const std::string&) {
        const auto share = [&](const char* part) {
          return 100 * results.median(name, part) / results.median(name, "step_s");
        };
        return fmt::format("{:7.1f} {:8.1f} {:7.1f} {:8.1f} {:7.1f}", share("products_s"), share("updates_s"),
                           share("passes_s"), share("readout_s"), share("images_s"));
      });
}

/// A goal and what was measured of it.
std::string goal(const std::string& what, double measured, double bound, bool at_least) {
  if (std::isnan(measured)) return "";
  const bool reached = at_least ? measured >= bound : measured <= bound;
  return fmt::format("  {:<62} {:>7.3f}  {} {:<6.4g} {}\n", what, measured, at_least ? ">=" : "<=", bound,
                     reached ? "reached" : "NOT REACHED");
}

std::string goals(const Results& results) {
  std::string lines;
  const auto of_the_peak = [&](const char* words, const std::string& benchmark, const std::string& condition, int width,
                               double bound) {
    lines += goal(fmt::format("{} of {}, width {}, of the peak", words, condition, width),
                  results.median(name_of(benchmark, condition, width), "of_peak"), bound, true);
  };
  for (const int width : kWidths) of_the_peak("complete step", "step", "inorm-full", width, width == 100 ? 0.72 : 0.80);
  for (const int width : {234, 300, 500})
    for (const char* condition : {"e-ln", "ei-ln"}) of_the_peak("complete step", "step", condition, width, 0.75);
  for (const int width : {234, 300, 500}) of_the_peak("evaluation", "evaluation", "inorm-full", width, 0.85);
  for (const int width : {234, 300, 500}) of_the_peak("epoch", "epoch", "inorm-full", width, 0.78);
  for (const int width : {234, 300, 500})
    lines += goal(fmt::format("step in fp32 over one in bf16, width {}", width),
                  results.median(name_of("step", "inorm-full", width), "s") /
                      results.median(name_of("step-bf16", "inorm-full", width), "s"),
                  0.75, true);
  lines += goal("epoch of inorm-full, all in, width 234, in 1875 of its steps",
                results.median(name_of("epoch", "inorm-full", 234), "s") /
                    (kStepsOfAnEpoch * results.median(name_of("step", "inorm-full", 234), "s")),
                1.4, false);
  lines += goal("run of 5 epochs, inorm-full, width 100: share beside training",
                results.median(name_of("overhead", "inorm-full", 100), "share"), 0.03, false);
  lines += goal("memory of a run at width 500 with all images (MB)",
                results.median(name_of("memory", "inorm-full", 500), "MB"), 120, false);
  const double loops = results.median("processes", "fma_ratio");
  const double cores = results.median("processes", "processes");
  lines += goal(fmt::format("trainings on {:.0f} cores, throughput of one", cores),
                results.median("processes", "step_ratio"), loops < 0.975 * cores ? 0.97 * loops : 0.95 * cores, true);
  return lines.empty() ? "" : "\nGoals\n" + lines;
}

}  // namespace

double Results::median(const std::string& benchmark, const std::string& quantity) const {
  const auto measured = values_.find(benchmark);
  if (measured == values_.end() || !measured->second.contains(quantity)) return kMissing;
  std::vector<double> values = measured->second.at(quantity);
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

double Results::smallest(const std::string& quantity) const {
  double least = std::numeric_limits<double>::infinity();
  for (const auto& [benchmark, quantities] : values_)
    if (const auto measured = quantities.find(quantity); measured != quantities.end())
      least = std::min(least, *std::min_element(measured->second.begin(), measured->second.end()));
  return least;
}

double Results::largest(const std::string& quantity) const {
  double most = 0;
  for (const auto& [benchmark, quantities] : values_)
    if (const auto measured = quantities.find(quantity); measured != quantities.end())
      most = std::max(most, *std::max_element(measured->second.begin(), measured->second.end()));
  return most;
}

std::string name_of(const std::string& what, const std::string& condition, int width) {
  return fmt::format("{}/{}/{}", what, condition, width);
}

std::string summary(const Results& results) {
  std::string text;
  if (results.largest("peak") > 0)
    text =
        fmt::format("\nPeak of fp32 multiply-adds on one core, measured beside everything: {:.0f} to {:.0f} GFLOP/s\n",
                    results.smallest("peak") / 1e9, results.largest("peak") / 1e9);
  text += table(
      results, "step",
      "Complete training step, 32 images\n  condition       width  time (ms)  GFLOP/s  of the peak (all repetitions)",
      [&](const std::string& name, const std::string&) {
        return fmt::format("{:9.3f} {:8.1f}  {:.3f}", 1e3 * results.median(name, "s"),
                           results.median(name, "flops") / 1e9, results.median(name, "of_peak"));
      });
  text += table(results, "epoch",
                "Epoch, all in: training, evaluation on 70000 images, measures, files\n"
                "  condition       width  time (s)  in 1875 steps  of the peak",
                [&](const std::string& name, const std::string& step) {
                  const double seconds = results.median(name, "s");
                  return fmt::format("{:8.2f}  {:13.2f}  {:.3f}", seconds,
                                     seconds / (kStepsOfAnEpoch * results.median(step, "s")),
                                     results.median(name, "of_peak"));
                });
  text += table(results, "evaluation", "Evaluation\n  condition       width  images/s  of the peak",
                [&](const std::string& name, const std::string&) {
                  return fmt::format("{:8.0f}  {:.3f}", results.median(name, "images_per_s"),
                                     results.median(name, "of_peak"));
                });
  text += parts_of_steps(results);
  text += table(
      results, "memory", "Peak memory of a whole run, all images included\n  condition       width  resident (MB)",
      [&](const std::string& name, const std::string&) { return fmt::format("{:9.0f}", results.median(name, "MB")); });
  if (results.has("processes"))
    text += fmt::format(
        "\nSeveral at once, one a core, throughput compared with one alone\n"
        "  {:.0f} loops of multiply-adds  {:.3f}\n"
        "  {:.0f} trainings of inorm-full, width 234  {:.3f} ({:.0f} steps a second, {:.0f} by one)\n",
        results.median("processes", "processes"), results.median("processes", "fma_ratio"),
        results.median("processes", "processes"), results.median("processes", "step_ratio"),
        results.median("processes", "steps_of_all"), results.median("processes", "steps_of_one"));
  return text + goals(results);
}

}  // namespace chandelier::bench

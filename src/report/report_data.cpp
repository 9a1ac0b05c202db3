#include "report/report_data.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <set>

#include "base/utf8.hpp"
#include "base/version.hpp"
#include "report/claim_sentences.hpp"
#include "report/claims.hpp"
#include "report/comparison_tables.hpp"
#include "report/condition_figures.hpp"
#include "report/figures_of_the_paper.hpp"
#include "report/further_figures.hpp"
#include "report/run_lists.hpp"
#include "report/study_table.hpp"
#include "studies/recorded_run.hpp"
#include "studies/run_table.hpp"
#include "training/conditions.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// Settings that identify a run, which have their own columns, and settings that a condition stands for.
constexpr std::array<std::string_view, 6> kOfTheRun{"condition",  "circuit", "activity_norm",
                                                    "error_norm", "epsilon", "seed"};

Json epsilon_of(std::optional<double> epsilon) { return epsilon ? Json(*epsilon) : Json(nullptr); }

Json differences_of(std::span<const Comparison> rows) {
  DataTable table(
      {"difference", "epsilon", "n", "mean", "low", "high", "p", "p_holm", "effect", "shift", "U", "p_of_U", "text"});
  for (const Comparison& row : rows) {
    const PairedDifference& d = row.difference;
    table.add(contrast_label().of(row), epsilon_of(row.epsilon), d.n, d.mean, d.low, d.high, row.p, row.p_holm,
              row.rank_biserial, row.shift.estimate, row.unpaired.U, row.unpaired.p,
              Json::array({signed_number(d.mean), signed_interval(d.low, d.high), probability(row.p_holm),
                           signed_number(row.rank_biserial)}));
  }
  return table.json();
}

/// "573 of 576 runs have finished; 1 diverged, 2 missing. This study is not complete: numbers will change."
Json progress_of(std::span<const StudyResult> results) {
  std::map<std::string, int> counts;
  int ended = 0;
  for (const StudyResult& result : results) {
    ++counts[result.status];
    ended += has_ended(result) || result.status == "left out";
  }
  std::vector<std::string> others;
  for (const auto& [status, count] : counts)
    if (status != "finished")
      others.push_back(status == "repeats" ? fmt::format("{} repeat another run (counted once)", count)
                                           : fmt::format("{} {}", count, status));
  const bool complete = std::cmp_equal(ended, results.size());
  std::string text = fmt::format("{} of {} runs have finished", counts["finished"], results.size());
  if (!others.empty()) text += fmt::format("; {}", fmt::join(others, ", "));
  text += complete ? "." : ". This study is not complete: numbers will change.";
  return {{"planned", results.size()}, {"by_status", counts}, {"complete", complete}, {"text", text}};
}

Json series_json(const RunSeries& series) {
  Json json = Json::object();
  for (const auto& [name, values] : series) {
    Json& list = json[name] = Json::array();
    const int digits = name.ends_with("accuracy") ? 5 : 4;
    for (const double value : values)
      list.push_back(std::isfinite(value) ? Json(rounded(value, digits)) : Json(nullptr));
  }
  return json;
}

Json value_of(const SettingValue& value) {
  return std::visit([](const auto& held) -> Json { return held; }, value);
}

/// What all runs share, and the keys of what varies.
std::pair<Json, std::vector<const Setting*>> shared_and_varied(std::span<const StudyResult> results) {
  Json shared = Json::object();
  std::vector<const Setting*> varied;
  for (const Setting& setting : setting_list()) {
    if (std::ranges::find(kOfTheRun, setting.key) != kOfTheRun.end()) continue;
    const SettingValue first = setting.of(results.front().run.settings);
    if (std::ranges::all_of(results, [&](const auto& result) { return setting.of(result.run.settings) == first; }))
      shared[std::string(setting.key)] = text_of(first);
    else
      varied.push_back(&setting);
  }
  return {shared, varied};
}

/// What the runs of a study have recorded, by their folders.
using Recorded = std::map<fs::path, RecordedRun>;

/// The record of a run; empty if there is none.
RunRecord record_of(const StudyResult& result, const Recorded& recorded) {
  return recorded.at(result.run.folder).record.value_or(RunRecord{});
}

Json conditions_of_set(std::span<const StudyResult> results) {
  Json conditions = Json::array();
  for (const std::string_view name : conditions_of(results)) {
    const Settings& settings = std::ranges::find(results, name, [](const auto& one) {
                                 return std::string_view(one.run.condition);
                               })->run.settings;
    std::string summary = fmt::format("circuit {}, activity_norm {}, error_norm {}", settings.circuit,
                                      settings.activity_norm, settings.error_norm);
    if (settings.error_part != "whole") summary += fmt::format(", error_part {}", settings.error_part);
    for (const char* key : {"error_acts_on", "error_divide", "error_route", "feedback"}) {
      const Setting& setting = *find_setting(key);
      if (const SettingValue value = setting.of(settings); value != setting.of(Settings()))
        summary += fmt::format(", {} {}", key, text_of(value));
    }
    const auto known = std::ranges::find(chandelier::conditions(), name, &Condition::id);
    if (known != chandelier::conditions().end()) summary = fmt::format("{} ({})", known->summary, summary);
    conditions.push_back({{"name", name}, {"summary", summary}});
  }
  return conditions;
}

Json data_set(const std::string& name, const StudyPlan& plan, const fs::path& folder,
              std::span<const StudyResult> results, const Recorded& recorded, std::vector<std::string>& problems) {
  std::vector<RunSeries> series;
  for (const StudyResult& result : results) series.push_back(run_series(recorded.at(result.run.folder).metrics));
  const auto [shared, varied] = shared_and_varied(results);
  std::vector<std::string> columns{"run",     "condition",     "epsilon",   "draw",   "seed",
                                   "status",  "test accuracy", "collapsed", "epochs", "seconds",
                                   "machine", "version",       "started",   "why"};
  Json varied_keys = Json::array();
  for (const Setting* const setting : varied) varied_keys.push_back(setting->key);
  Json rows = Json::array();
  for (const StudyResult& result : results) {
    const RunRecord record = record_of(result, recorded);
    const auto percent = test_percent(result, Diverged::at_chance);
    Json row = Json::array(
        {result.run.folder.filename().string(), result.run.condition, result.run.epsilon, result.run.draw,
         result.run.seed, result.status, percent ? Json(rounded(*percent, 12)) : Json(nullptr), has_collapsed(result),
         result.epochs_done, rounded(result.seconds, 3), record.host, record.version, record.started, result.message});
    for (const Setting* const setting : varied) row.push_back(value_of(setting->of(result.run.settings)));
    rows.push_back(std::move(row));
  }
  for (const Setting* const setting : varied) columns.emplace_back(setting->key);

  FigureSource source{folder,
                      results,
                      series,
                      comparisons(results, declared_contrasts(results), 0.95),
                      epsilons_of(results),
                      conditions_of(results),
                      unit_of(results)};
  const std::vector<Comparison> declared = comparisons(results, declared_contrasts(results, plan.compare), 0.95);
  Json figures = figures_of_the_paper(source);
  figures.push_back(declared_differences(source, declared));
  figures.push_back(condition_matrix(source));
  for (Json& figure : further_figures(source, plan.draws, problems)) figures.push_back(std::move(figure));
  Json all_series = Json::array();
  for (const RunSeries& of_run : series) all_series.push_back(series_json(of_run));
  return {{"name", name},
          {"unit", source.unit_name()},
          {"units", units_in_words(results)},
          {"epsilons", source.epsilons},
          {"conditions", conditions_of_set(results)},
          {"claims", claims_json(results)},
          {"summary", summary_of(main_ones(judged_claims(results)))},
          {"untested", claims_without_test(results)},
          {"differences", differences_of(declared)},
          {"table", study_table(results, plan.compare, plan.draws, Shown::all_tests)},
          {"figures", std::move(figures)},
          {"settings", shared},
          {"varied", varied_keys},
          {"runs", {{"columns", columns}, {"rows", rows}}},
          {"series", std::move(all_series)}};
}

/// The versions and machines that made the runs, with the number of runs.
Json machines_of(std::span<const StudyResult> results, const Recorded& recorded) {
  std::map<std::array<std::string, 4>, int> counts;
  for (const StudyResult& result : results) {
    const RunRecord record = record_of(result, recorded);
    if (!record.version.empty()) ++counts[{record.version, record.commit, record.host, record.cpu}];
  }
  DataTable table({"version", "commit", "machine", "processor", "runs"});
  for (const auto& [of, count] : counts) table.add(of[0], of[1], of[2], of[3], count);
  return table.json();
}

/// @param folder  folder of the study; empty if its runs come from tables
/// @param origin  where the runs come from, for readers
Json report_of(const StudyPlan& plan, const fs::path& folder, const std::string& origin, const std::string& short_name,
               std::span<const StudyResult> results, const Recorded& recorded, std::vector<std::string> problems) {
  Json sets = Json::array();
  for (const auto& [name, of_set] : by_data_set(results))
    sets.push_back(data_set(name, plan, folder, of_set, recorded, problems));
  return {{"study",
           {{"name", plan.name},
            {"notes", plan.notes},
            {"folder", as_utf8(origin)},
            {"short", as_utf8(short_name)},
            {"plan", plan.text},
            {"compare", !plan.compare.empty()}}},
          {"made", {{"version", version()}, {"commit", commit()}, {"time", utc_now()}}},
          {"progress", progress_of(results)},
          {"machines", machines_of(results, recorded)},
          {"data_sets", std::move(sets)},
          {"problems", problems}};
}

}  // namespace

Json report_data(const StudyPlan& plan, const fs::path& folder, std::span<const StudyResult> results) {
  std::vector<std::string> problems;
  Recorded recorded;
  for (const StudyResult& result : results) recorded.emplace(result.run.folder, recorded_run(result, folder, problems));
  const std::string name = fs::absolute(folder / "").lexically_normal().parent_path().filename().string();
  return report_of(plan, folder, folder.string(), name, results, recorded, std::move(problems));
}

Json report_data(const StudyPlan& plan, std::span<const fs::path> tables) {
  TabulatedRuns runs = read_run_tables(plan, tables);
  Recorded recorded;
  for (std::size_t i = 0; i < runs.results.size(); ++i)
    recorded.emplace(runs.results[i].run.folder, std::move(runs.recorded[i]));
  std::string names;
  for (const fs::path& table : tables) names += (names.empty() ? "" : ", ") + table.string();
  return report_of(plan, {}, names, tables.front().stem().string(), runs.results, recorded, {});
}

}  // namespace chandelier

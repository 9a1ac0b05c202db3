#include "report/study_csv.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "base/utf8.hpp"
#include "statistics/comparison.hpp"
#include "studies/recorded_run.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

void append(std::string& line, const std::string& text) {
  if (!line.empty()) line += ',';
  line += csv_field(text);
}

/// The headings that both tables begin with.
std::string beginning() {
  std::string line = "run,condition,data_set,draw,status";
  for (const Setting& setting : setting_list())
    if (setting.key != "condition") append(line, std::string(setting.key));
  return line;
}

std::string beginning(const StudyResult& result, const RecordedRun& source) {
  std::string line = csv_field(result.run.folder.string());
  append(line, result.run.condition);
  append(line, source.record ? source.record->data_name : result.run.data);
  append(line, std::to_string(result.run.draw));
  append(line, result.status);
  for (const Setting& setting : setting_list())
    if (setting.key != "condition") append(line, text_of(setting.of(result.run.settings)));
  return line;
}

/// The cells of one row in the order of all columns; empty if the run lacks a column.
void append_metrics(std::string& line, const MetricRows& metrics, const std::vector<std::string>* row,
                    std::span<const std::string> columns) {
  std::size_t expected = 0;  // most runs have the same columns in the same order
  for (const std::string& column : columns) {
    std::size_t at = expected;
    if (at >= metrics.columns.size() || metrics.columns[at] != column)
      at = static_cast<std::size_t>(std::ranges::find(metrics.columns, column) - metrics.columns.begin());
    const bool found = row != nullptr && at < metrics.columns.size();
    append(line, found ? (*row)[at] : std::string());
    if (found) expected = at + 1;
  }
}

/// The run that counts instead of a repeated one; empty for other runs.
std::string name_of_original(std::span<const StudyResult> results, const StudyResult& result) {
  if (!result.repeats) return {};
  const auto original = std::ranges::find_if(results, [&](const StudyResult& other) {
    return other.run.condition == result.run.condition && other.run.data == result.run.data &&
           other.run.epsilon == result.run.epsilon && other.run.draw == result.repeats->draw &&
           other.run.seed == result.repeats->seed;
  });
  return original == results.end() ? std::string() : original->run.folder.string();
}

}  // namespace

std::string csv_field(const std::string& text) {
  std::string shown = as_utf8(text);
  if (shown.find_first_of(",\"\r\n") == std::string::npos) return shown;
  std::string quoted = "\"";
  for (const char c : shown) quoted += c == '"' ? "\"\"" : std::string(1, c);
  return quoted + "\"";
}

std::vector<std::string> study_csv_texts() {
  std::vector<std::string> texts{"run",     "condition", "data_set", "status", "host",    "cpu",
                                 "version", "commit",    "started",  "ended",  "message", "repeats"};
  for (const Setting& setting : setting_list())
    if (setting.kind() == Setting::Kind::text && setting.key != "condition") texts.emplace_back(setting.key);
  return texts;
}

StudyCsv study_csv(std::span<const StudyResult> results, const std::filesystem::path& folder) {
  StudyCsv csv;
  std::vector<RecordedRun> sources;
  std::vector<std::string> columns;
  sources.reserve(results.size());
  for (const StudyResult& result : results) {
    if (result.status == "left out") csv.problems.push_back(as_utf8(result.message));
    sources.push_back(recorded_run(result, folder, csv.problems));
    for (const std::string& column : sources.back().metrics.columns)
      if (std::ranges::find(columns, column) == columns.end()) columns.push_back(column);
  }

  csv.epochs = beginning();
  csv.runs = beginning() + ",epochs_done,run_seconds,host,cpu,version,commit,started,ended,message,repeats,collapsed";
  for (const std::string& column : columns) {
    append(csv.epochs, column);
    append(csv.runs, "last_" + column);
  }
  csv.epochs += "\n";
  csv.runs += "\n";
  for (std::size_t i = 0; i < results.size(); ++i) {
    const auto& [record, metrics] = sources[i];
    const std::string start = beginning(results[i], sources[i]);
    for (const std::vector<std::string>& row : metrics.rows) {
      std::string line = start;
      append_metrics(line, metrics, &row, columns);
      csv.epochs += line + "\n";
    }
    std::string line = start;
    append(line, record ? std::to_string(record->epochs_done) : "");
    append(line, record ? fmt::format("{}", record->seconds) : "");
    const RunRecord known = record.value_or(RunRecord{});
    for (const std::string& text :
         {known.host, known.cpu, known.version, known.commit, known.started, known.ended, results[i].message})
      append(line, text);
    append(line, name_of_original(results, results[i]));
    append(line, results[i].status == "finished" ? fmt::format("{}", has_collapsed(results[i])) : "");
    append_metrics(line, metrics, metrics.rows.empty() ? nullptr : &metrics.rows.back(), columns);
    csv.runs += line + "\n";
  }
  return csv;
}

}  // namespace chandelier

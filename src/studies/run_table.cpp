#include "studies/run_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>
#include <optional>
#include <string_view>

#include "base/error.hpp"
#include "base/files.hpp"
#include "studies/study_results.hpp"
#include "training/metrics_table.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

constexpr std::array<std::string_view, 8> kStatuses{"finished", "diverged", "stopped",  "failed",
                                                    "running",  "missing",  "left out", "repeats"};

constexpr std::string_view kLast = "last_";

using Record = std::vector<std::string>;

/// pandas and R write True and TRUE.
std::string lower_case(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// One file: its columns by name, and its rows, each named by its run.
class RunTable {
 public:
  explicit RunTable(const std::filesystem::path& path)
      : name_(path.string()), records_(csv_records(read_file(path, kLargestTable), name_)) {
    if (records_.empty()) throw DataError(fmt::format("{}: the file is empty", name_));
    for (std::size_t i = 0; i < records_.front().size(); ++i)
      if (!columns_.emplace(records_.front()[i], i).second)
        throw DataError(fmt::format("{}: there are two columns {}", name_, records_.front()[i]));
    check_column("run");
    for (std::size_t row = 1; row < records_.size(); ++row)
      if (records_[row].size() != records_.front().size())
        throw DataError(fmt::format("{}: row {} has {} values, but there are {} columns", name_, row,
                                    records_[row].size(), records_.front().size()));
  }

  std::size_t rows() const { return records_.size() - 1; }

  const std::string& text(std::size_t row, const std::string& column) const {
    check_column(column);
    return records_[row + 1][columns_.at(column)];
  }

  /// What the run has recorded, as far as the table has columns for it.
  RecordedRun recorded(std::size_t row) const {
    const auto cell = [&](const std::string& column) {
      const auto found = columns_.find(column);
      return found == columns_.end() ? std::string() : records_[row + 1][found->second];
    };
    RecordedRun run;
    if (!cell("version").empty()) {
      RunRecord& record = run.record.emplace();
      record.status = cell("status");
      record.version = cell("version");
      record.commit = cell("commit");
      record.host = cell("host");
      record.cpu = cell("cpu");
      record.started = cell("started");
      record.ended = cell("ended");
      record.data_name = cell("data_set");
    }
    std::vector<std::string>& values = run.metrics.rows.emplace_back();
    for (const auto& [column, at] : columns_)
      if (column.starts_with(kLast) && !records_[row + 1][at].empty()) {
        run.metrics.columns.push_back(column.substr(kLast.size()));
        values.push_back(records_[row + 1][at]);
      }
    if (values.empty()) run.metrics = {};
    return run;
  }

  /// None where the cell is empty.
  std::optional<double> number(std::size_t row, const std::string& column) const {
    const std::string& cell = text(row, column);
    if (cell.empty()) return std::nullopt;
    std::size_t read = 0;
    double value = NAN;
    try {
      value = std::stod(cell, &read);
    } catch (const std::logic_error&) {  // no number, or one out of range
    }
    if (read != cell.size()) throw wrong(row, column, "is not a number");
    return value;
  }

  /// Why a run is not that of the plan; none if all settings that the table has are equal.
  std::optional<std::string> difference(std::size_t row, const StudyRun& run) const {
    for (const Setting& setting : setting_list()) {
      const auto column = columns_.find(std::string(setting.key));
      if (column == columns_.end() || setting.key == "condition" || setting.only_files || setting.only_place) continue;
      const std::string& cell = records_[row + 1][column->second];
      const std::string planned = text_of(setting.of(run.settings));
      if (cell == planned) continue;
      const std::string plain = setting.kind() == Setting::Kind::truth ? lower_case(cell) : cell;
      try {  // the same value may be written in another way
        if (!plain.empty() && value_from_text(setting, plain, "table") == setting.of(run.settings)) continue;
      } catch (const SettingError&) {
      }
      return fmt::format("{}: {}: {} is '{}' in the table, but '{}' in the plan", name_, run.folder.string(),
                         setting.key, cell, planned);
    }
    return std::nullopt;
  }

  DataError wrong(std::size_t row, const std::string& column, std::string_view problem) const {
    return DataError(fmt::format("{}: {}: {} '{}' {}", name_, text(row, "run"), column, text(row, column), problem));
  }

 private:
  void check_column(const std::string& column) const {
    if (!columns_.contains(column))
      throw DataError(
          fmt::format("{}: there is no column {}; use the runs.csv that `chandelier export` writes", name_, column));
  }

  std::string name_;
  std::vector<Record> records_;
  std::map<std::string, std::size_t> columns_;
};

StudyResult result_of(const RunTable& table, std::size_t row, const MetricRows& metrics, const StudyRun& run) {
  StudyResult result{.run = run, .status = table.text(row, "status")};
  if (std::ranges::find(kStatuses, result.status) == kStatuses.end())
    throw table.wrong(row, "status", "is not a status; it may be finished, diverged, missing, ...");
  result.message = table.text(row, "message");
  result.test_accuracy = table.number(row, "last_test_accuracy");
  if (result.test_accuracy && !(*result.test_accuracy >= 0 && *result.test_accuracy <= 1))
    throw table.wrong(row, "last_test_accuracy", "is not a fraction from 0 to 1");
  const bool collapsed = lower_case(table.text(row, "collapsed")) == "true";
  // The table may have been made without the measure silent_units.
  const bool is_far_from_chance =
      result.test_accuracy && !is_about_chance(100 * *result.test_accuracy, run.settings.classes);
  result.has_silent_layer = has_silent_layer(metrics, run.settings.depth) || (collapsed && is_far_from_chance);
  result.epochs_done = static_cast<int>(table.number(row, "epochs_done").value_or(0));
  result.seconds = table.number(row, "run_seconds").value_or(0);
  if (const std::string& version = table.text(row, "version"); !version.empty())
    result.origins.push_back({fmt::format("{} ({})", version, table.text(row, "commit"))});
  if (const auto why = table.difference(row, run)) {
    result = {.run = run, .status = "left out"};
    result.message = *why;
  }
  return result;
}

}  // namespace

std::vector<std::vector<std::string>> csv_records(const std::string& text, const std::string& origin) {
  constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
  std::vector<Record> records;
  Record record;
  std::string field;
  bool quoted = false, began = false;
  const auto end_field = [&] {
    record.push_back(std::move(field));
    field.clear();
  };
  for (std::size_t i = text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"')
        field += c;
      else if (i + 1 < text.size() && text[i + 1] == '"')
        field += text[++i];
      else
        quoted = false;
      continue;
    }
    if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
    if (c == '\n') {
      if (began) {
        end_field();
        records.push_back(std::move(record));
        record.clear();
      }
      began = false;
      continue;
    }
    began = true;
    if (c == '"')
      quoted = true;
    else if (c == ',')
      end_field();
    else
      field += c;
  }
  if (quoted) throw DataError(fmt::format("{}: a quote is not closed", origin));
  if (began) {
    end_field();
    records.push_back(std::move(record));
  }
  return records;
}

TabulatedRuns read_run_tables(const StudyPlan& plan, std::span<const std::filesystem::path> files) {
  std::vector<StudyResult> results;
  std::vector<RecordedRun> recorded(plan.runs.size());
  std::vector<std::string> originals(plan.runs.size());  // names of the runs that are repeated
  std::map<std::string, std::size_t> number_of;
  for (const StudyRun& run : plan.runs) {
    number_of.emplace(run.folder.string(), results.size());
    results.push_back({.run = run, .status = "missing"});
  }
  for (const std::filesystem::path& file : files) {
    const RunTable table(file);
    for (std::size_t row = 0; row < table.rows(); ++row) {
      const auto number = number_of.find(table.text(row, "run"));
      if (number == number_of.end()) continue;  // the plan may be smaller than it was
      RecordedRun of_run = table.recorded(row);
      StudyResult result = result_of(table, row, of_run.metrics, plan.runs[number->second]);
      StudyResult& known = results[number->second];
      if (has_ended(result) && has_ended(known) &&
          (result.status != known.status || result.test_accuracy != known.test_accuracy))
        throw table.wrong(row, "status", "and an earlier row of this run contradict each other; remove one");
      if (has_ended(known) || result.status == "missing") continue;
      originals[number->second] = result.status == "repeats" ? table.text(row, "repeats") : "";
      known = std::move(result);
      recorded[number->second] = known.status == "left out" ? RecordedRun() : std::move(of_run);
    }
  }
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (results[i].status != "repeats") continue;
    const auto original = number_of.find(originals[i]);
    if (original == number_of.end() || results[original->second].status == "repeats")
      throw DataError(fmt::format("{}: {} repeats '{}', which is not a run that counts", files.front().string(),
                                  results[i].run.folder.string(), originals[i]));
    results[i].repeats = RunNumber{results[original->second].run.draw, results[original->second].run.seed};
  }
  return {std::move(results), std::move(recorded)};
}

}  // namespace chandelier

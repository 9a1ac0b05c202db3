#include "studies/run_table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>
#include <set>
#include <string_view>

#include "base/error.hpp"
#include "base/files.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

constexpr std::size_t kLargestTable = std::size_t{1} << 28;

using Record = std::vector<std::string>;

/// One file: its columns by name, and rows.
class RunTable {
 public:
  explicit RunTable(const std::filesystem::path& path)
      : name_(path.string()), records_(csv_records(read_file(path, kLargestTable), name_)) {
    if (records_.empty()) throw DataError(fmt::format("{}: the file is empty", name_));
    for (std::size_t i = 0; i < records_.front().size(); ++i) columns_.emplace(records_.front()[i], i);
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

  /// None where the cell is empty.
  template <class Number>
  std::optional<Number> number(std::size_t row, const std::string& column) const {
    const std::string& cell = text(row, column);
    if (cell.empty()) return std::nullopt;
    Number value{};
    const auto [end, error] = std::from_chars(cell.data(), cell.data() + cell.size(), value);
    if (error != std::errc() || end != cell.data() + cell.size()) throw wrong(row, column, "is not a number");
    return value;
  }

  template <class Number>
  Number given(std::size_t row, const std::string& column) const {
    const auto value = number<Number>(row, column);
    if (!value) throw wrong(row, column, "is empty");
    return *value;
  }

  Settings settings(std::size_t row) const {
    Settings settings;
    settings.condition.clear();
    for (const Setting& setting : setting_list()) {
      const auto column = columns_.find(std::string(setting.key));
      if (column == columns_.end() || setting.key == "condition") continue;
      const std::string& cell = records_[row + 1][column->second];
      if (cell.empty()) continue;
      try {
        setting.put(settings, value_from_text(setting, cell, std::string(setting.key)));
      } catch (const SettingError& error) {
        throw DataError(fmt::format("{}: row {}: {}", name_, row + 1, error.what()));
      }
    }
    return settings;
  }

  DataError wrong(std::size_t row, const std::string& column, std::string_view problem) const {
    return DataError(fmt::format("{}: row {}: {} '{}' {}", name_, row + 1, column, text(row, column), problem));
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

StudyResult result_of(const RunTable& table, std::size_t row) {
  StudyResult result;
  StudyRun& run = result.run;
  run.folder = table.text(row, "run");
  run.condition = table.text(row, "condition");
  run.data = table.text(row, "data_set");
  run.epsilon = table.given<double>(row, "epsilon");
  run.draw = table.given<int>(row, "draw");
  run.seed = table.given<std::uint64_t>(row, "seed");
  run.settings = table.settings(row);
  result.status = table.text(row, "status");
  result.message = table.text(row, "message");
  result.test_accuracy = table.number<double>(row, "last_test_accuracy");
  result.has_silent_layer = table.text(row, "collapsed") == "true";
  result.epochs_done = table.number<int>(row, "epochs_done").value_or(0);
  result.seconds = table.number<double>(row, "run_seconds").value_or(0);
  if (const std::string& version = table.text(row, "version"); !version.empty())
    result.origins.push_back({fmt::format("{} ({})", version, table.text(row, "commit"))});
  return result;
}

}  // namespace

std::vector<std::vector<std::string>> csv_records(const std::string& text, const std::string& origin) {
  std::vector<Record> records;
  Record record;
  std::string field;
  bool quoted = false, began = false;
  const auto end_field = [&] {
    record.push_back(std::move(field));
    field.clear();
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
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

std::vector<StudyResult> read_run_tables(std::span<const std::filesystem::path> files) {
  struct Row {
    StudyResult result;
    std::string original;  ///< the run that it repeats
  };
  std::vector<Row> rows;
  std::map<std::string, std::size_t> row_of;
  std::set<std::string> data_sets;
  const auto is_there = [](const StudyResult& result) { return result.test_accuracy || has_ended(result); };
  for (const std::filesystem::path& file : files) {
    const RunTable table(file);
    for (std::size_t at = 0; at < table.rows(); ++at) {
      Row row{result_of(table, at), table.text(at, "repeats")};
      const std::string name = row.result.run.folder.string();
      if (row.result.test_accuracy) data_sets.insert(row.result.run.data);  // a repeated run does not say
      const auto [before, is_new] = row_of.emplace(name, rows.size());
      if (is_new) {
        rows.push_back(std::move(row));
        continue;
      }
      Row& other = rows[before->second];
      if (is_there(row.result) && is_there(other.result))
        throw DataError(
            fmt::format("{}: the result of {} is there twice; remove one of its rows", file.string(), name));
      if (is_there(row.result)) other = std::move(row);
    }
  }
  std::vector<StudyResult> results;
  results.reserve(rows.size());
  for (auto& [result, original] : rows) {
    if (data_sets.size() < 2) result.run.data.clear();
    if (!original.empty()) {
      const auto found = row_of.find(original);
      if (found == row_of.end())
        throw DataError(fmt::format("{} repeats {}, which is in no table", result.run.folder.string(), original));
      const StudyRun& run = rows[found->second].result.run;
      result.repeats = RunNumber{run.draw, run.seed};
    }
    results.push_back(result);
  }
  return results;
}

}  // namespace chandelier

#include "training/metrics_table.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdlib>
#include <limits>
#include <sstream>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/sha256.hpp"

namespace chandelier {
namespace {

std::vector<std::string> split(const std::string& row) {
  std::vector<std::string> cells;
  std::istringstream stream(row);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

}  // namespace

std::string MetricsTable::header() const { return fmt::format("{}", fmt::join(columns_, ",")); }

std::string MetricsTable::text() const { return fmt::format("{}\n{}\n", header(), fmt::join(rows_, "\n")); }

void MetricsTable::add(const std::vector<double>& values) {
  if (values.size() != columns_.size()) throw Bug("a row of metrics does not fit its columns");
  rows_.push_back(fmt::format("{}", fmt::join(values, ",")));
}

void MetricsTable::write(const std::filesystem::path& path) const { write_atomically(path, text()); }

std::string MetricsTable::sha256() const {
  Sha256 hash;
  hash.add(text());
  return hash.hexadecimal();
}

void MetricsTable::take_rows(const std::filesystem::path& path, int last_epoch) {
  std::istringstream lines(read_file(path, kLargestTable));
  std::string line;
  std::getline(lines, line);
  if (line != header()) throw DataError(fmt::format("{}: its columns do not match this run", path.string()));
  rows_.clear();
  for (int epoch = 0; epoch <= last_epoch; ++epoch) {
    const bool found = std::getline(lines, line) && line.starts_with(fmt::format("{},", epoch));
    if (!found || split(line).size() != columns_.size())
      throw DataError(fmt::format("{}: the row of epoch {} is missing or incomplete", path.string(), epoch));
    rows_.push_back(line);
  }
}

std::vector<std::vector<double>> MetricsTable::values() const {
  std::vector<std::vector<double>> values;
  for (const std::string& row : rows_) {
    values.emplace_back();
    for (const std::string& cell : split(row)) {
      char* end = nullptr;
      const double value = std::strtod(cell.c_str(), &end);
      const bool is_number = !cell.empty() && *end == '\0';
      values.back().push_back(is_number ? value : std::numeric_limits<double>::quiet_NaN());
    }
  }
  return values;
}

double MetricsTable::last(std::string_view column) const {
  const auto found = std::find(columns_.begin(), columns_.end(), column);
  if (found == columns_.end() || rows_.empty()) throw Bug(fmt::format("no last value of {}", column));
  return std::strtod(split(rows_.back())[static_cast<std::size_t>(found - columns_.begin())].c_str(), nullptr);
}

}  // namespace chandelier

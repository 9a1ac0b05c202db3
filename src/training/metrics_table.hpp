// metrics.csv: one row per epoch; epoch 0 is before training.

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace chandelier {

/// Size in bytes of the largest metrics.csv that is read.
constexpr std::size_t kLargestTable = std::size_t{1} << 28;

class MetricsTable {
 public:
  explicit MetricsTable(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  /// Appends a row; its first value is the epoch. Numbers read back bit for bit.
  void add(const std::vector<double>& values);
  /// Writes the whole table, with a line of column names.
  void write(const std::filesystem::path& path) const;
  /// Takes the rows of epochs 0 ... last_epoch verbatim from a file.
  /// @throws DataError naming the file if its columns differ, or one of the rows is missing or incomplete.
  void take_rows(const std::filesystem::path& path, int last_epoch);
  /// Hash of the table as written, to recognize it later.
  std::string sha256() const;
  /// A value of the last row.
  double last(std::string_view column) const;

  /// The numbers of all rows; nan for a cell that is not a number.
  std::vector<std::vector<double>> values() const;

  const std::vector<std::string>& columns() const { return columns_; }

 private:
  std::string header() const;
  std::string text() const;

  std::vector<std::string> columns_;
  std::vector<std::string> rows_;
};

}  // namespace chandelier

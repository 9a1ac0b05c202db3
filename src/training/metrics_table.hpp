// metrics.csv: a row an epoch, epoch 0 before training.

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace chandelier {

/// Bytes of a metrics.csv that is still read.
constexpr std::size_t kLargestTable = std::size_t{1} << 28;

class MetricsTable {
 public:
  explicit MetricsTable(std::vector<std::string> columns) : columns_(std::move(columns)) {}

  /// Appends a row; its first value is the epoch. Numbers are written so that they read back to the same bits.
  void add(const std::vector<double>& values);
  /// The whole table, with a line of column names.
  void write(const std::filesystem::path& path) const;
  /// Takes the rows of epochs 0 ... last_epoch from a file, to the letter.
  /// @throws DataError naming the file when its columns are others or one of the rows is missing or not whole.
  void take_rows(const std::filesystem::path& path, int last_epoch);
  /// Of the table as it is written, by which it is known again.
  std::string sha256() const;
  /// A value of the last row.
  double last(std::string_view column) const;

  /// The numbers of all rows; nan where a cell is none.
  std::vector<std::vector<double>> values() const;

  const std::vector<std::string>& columns() const { return columns_; }

 private:
  std::string header() const;
  std::string text() const;

  std::vector<std::string> columns_;
  std::vector<std::string> rows_;
};

}  // namespace chandelier

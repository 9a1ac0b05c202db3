// Shared by tests of runs and studies: small data, the files of a run, and the bitwise comparison of two runs.

#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "base/files.hpp"
#include "base/safetensors.hpp"
#include "idx_writer.hpp"
#include "program.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"
#include "training/run_record.hpp"

namespace chandelier {

inline std::string bytes_of(const std::filesystem::path& path) { return read_file(path, std::size_t{1} << 28); }

/// The rows of a CSV file, starting with the line of column names.
inline std::vector<std::vector<std::string>> table_of(const std::filesystem::path& path) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(bytes_of(path));
  for (std::string line; std::getline(lines, line);) {
    std::istringstream cells(line);
    rows.emplace_back();
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

/// metrics.csv of a run without its column of times.
inline std::vector<std::vector<std::string>> metrics_without_seconds(const std::filesystem::path& run) {
  auto rows = table_of(run / "metrics.csv");
  const auto column = std::find(rows.at(0).begin(), rows.at(0).end(), "seconds") - rows.at(0).begin();
  for (auto& row : rows) row.erase(row.begin() + column);
  return rows;
}

/// The values of one column of metrics.csv.
inline std::vector<std::string> metric(const std::filesystem::path& run, const std::string& name) {
  const auto rows = table_of(run / "metrics.csv");
  const auto column = std::find(rows.at(0).begin(), rows.at(0).end(), name) - rows.at(0).begin();
  std::vector<std::string> values;
  for (std::size_t i = 1; i < rows.size(); ++i) values.push_back(rows[i].at(static_cast<std::size_t>(column)));
  return values;
}

/// Whether the weights, predictions and metrics of two finished runs are bitwise identical.
inline ::testing::AssertionResult same_results(const std::filesystem::path& a, const std::filesystem::path& b) {
  for (const char* file : {"weights.safetensors", "test_predictions.safetensors"})
    if (bytes_of(a / file) != bytes_of(b / file))
      return ::testing::AssertionFailure() << file << " differs between " << a << " and " << b;
  if (metrics_without_seconds(a) != metrics_without_seconds(b))
    return ::testing::AssertionFailure() << "metrics.csv differs between " << a << " and " << b;
  return ::testing::AssertionSuccess();
}

/// All files below a folder with their contents.
inline std::map<std::string, std::string> contents_of(const std::filesystem::path& folder) {
  std::map<std::string, std::string> contents;
  for (const auto& file : std::filesystem::recursive_directory_iterator(folder))
    contents[file.path().string()] = file.is_regular_file() ? bytes_of(file.path()) : "";
  return contents;
}

inline bool has_record(const std::filesystem::path& run) { return std::filesystem::exists(run / "run.json"); }
inline std::string status_of(const std::filesystem::path& run) {
  return has_record(run) ? read_record(run).status : "missing";
}
/// -1 if there is no record yet.
inline int epochs_done(const std::filesystem::path& run) { return has_record(run) ? read_record(run).epochs_done : -1; }

/// Waits until a condition is true. @returns false if it is not within two minutes
template <class Question>
bool wait_until(Question is_so) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(2);
  while (!is_so()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  return true;
}

/// Small data, and runs on them in neighbouring folders.
class RunTest : public ::testing::Test {
 protected:
  explicit RunTest(const SmallSet& set = {.train = 100, .test = 30}) {
    std::filesystem::create_directory(data());
    write_idx_folder(data(), set);
  }

  std::filesystem::path data() const { return folder_ / "data"; }
  std::filesystem::path run(const std::string& name) const { return folder_ / name; }

  /// The arguments that train the run with this name.
  std::vector<std::string> train(const std::string& name, const std::string& flags,
                                 const std::string& data_name = "data") const {
    return words("train --data " + (folder_ / data_name).string() + " --out " + run(name).string() + " " + flags);
  }

  /// Trains and waits for the end.
  void finish(const std::string& name, const std::string& flags, const std::string& data_name = "data") const {
    const Outcome outcome = run_program(train(name, flags, data_name));
    ASSERT_EQ(outcome.code, 0) << name << " " << flags << "\n" << outcome.text();
    ASSERT_EQ(status_of(run(name)), "finished");
  }

  static void expect_refused(const std::vector<std::string>& arguments, int code, const std::string& part) {
    expect_refusal(run_program(arguments), code, {part});
  }

  TemporaryFolder folder_;
};

}  // namespace chandelier

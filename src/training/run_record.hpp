// run.json: the status, origin and results of a run.

#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "data/dataset.hpp"

namespace chandelier {

/// A part of a run, on one machine and with one build, until the run ended or was interrupted.
struct Session {
  std::string host, cpu, commit;
  std::string target;      ///< the instruction set of the matrix products: "AVX2"
  std::string array_task;  ///< of Slurm: "17_3"; empty elsewhere
  std::string started;     ///< UTC, ISO 8601
  int after_epoch = 0;     ///< whole epochs done before it
};

/// `status` is running | finished | diverged | stopped | failed.
struct RunRecord {
  std::string status = "running";
  std::string version, commit, host, cpu;  ///< of the last session
  std::string started, ended;              ///< UTC, ISO 8601; `ended` is empty while running
  double seconds = 0;                      ///< time spent in all sessions of the run
  int epochs_done = 0;
  std::optional<double> test_accuracy, test_loss;  ///< of the last evaluated epoch; accuracy as a fraction
  std::string data_name;
  std::map<std::string, std::string> data_sha256;  ///< of the four decompressed files, by content (`train_images`, ...)
  std::vector<Session> sessions;                   ///< in order, including the last one
  std::string message;                             ///< why a run diverged, failed or started over
};

/// A record of one session that begins now, on this machine, with this build, data and target.
RunRecord new_record(const Dataset& dataset, const std::string& target);

/// The SHA-256 of the four files of a data set, by content (`train_images`, ...).
std::map<std::string, std::string> hashes_of(const Dataset& dataset);

/// Now, as UTC in ISO 8601.
std::string utc_now();

void write_record(const std::filesystem::path& run_folder, const RunRecord& record);
/// Records why a run failed, if its record still says that it is running. Best effort, as the failure may be that of
/// the disk.
void record_failure(const std::filesystem::path& run_folder, const std::string& sentence);
/// @throws DataError naming the file if it is missing or not the record of a run.
RunRecord read_record(const std::filesystem::path& run_folder);
/// The same from the text of the file; error messages start with `origin`.
RunRecord record_from(std::string_view text, const std::string& origin);

}  // namespace chandelier

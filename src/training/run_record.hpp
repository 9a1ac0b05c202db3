// run.json: what a run says about itself, for whoever reads the folder later.

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

/// A stretch of a run on one machine, with one build, until it was interrupted.
struct Session {
  std::string host, cpu, commit;
  std::string target;      ///< the instruction set of the products: "AVX2"
  std::string array_task;  ///< "17_3", of Slurm; empty elsewhere
  std::string started;     ///< UTC, ISO 8601
  int after_epoch = 0;     ///< whole epochs that were done before it
};

/// `status` is running | finished | diverged | stopped | failed.
struct RunRecord {
  std::string status = "running";
  std::string version, commit, host, cpu;  ///< of the last session
  std::string started, ended;              ///< UTC, ISO 8601; `ended` is empty while running
  double seconds = 0;                      ///< time spent, over all sessions of the run
  int epochs_done = 0;
  std::optional<double> test_accuracy, test_loss;  ///< of the last epoch that was evaluated; accuracy as a fraction
  std::string data_name;
  std::map<std::string, std::string> data_sha256;  ///< of the four decompressed files, by what they hold
  std::vector<Session> sessions;                   ///< in order, the last one included
  std::string message;                             ///< why a run diverged, failed or started over
};

/// A record, of one session, that begins now, on this machine, with this build, these data and this target.
RunRecord new_record(const Dataset& dataset, const std::string& target);

/// The SHA-256 of a data set's four files, by what they hold.
std::map<std::string, std::string> hashes_of(const Dataset& dataset);

/// Now, as UTC in ISO 8601.
std::string utc_now();

void write_record(const std::filesystem::path& run_folder, const RunRecord& record);
/// Writes down why a run failed, where its record still says that it is running. Best effort: what failed may be the
/// disk.
void record_failure(const std::filesystem::path& run_folder, const std::string& sentence);
/// @throws DataError naming the file when it is missing or is not a run's record.
RunRecord read_record(const std::filesystem::path& run_folder);
/// The same from the text of the file; `origin` begins the error sentence.
RunRecord record_from(std::string_view text, const std::string& origin);

}  // namespace chandelier

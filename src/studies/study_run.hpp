// One run of a study: its place in the plan, and what came out of it.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "training/settings.hpp"

namespace chandelier {

struct StudyRun {
  std::string condition;  ///< a preset, or a name of the plan's own
  std::string data;       ///< name of the data set; empty where the study has one
  double epsilon = 0;
  int draw = 0;  ///< of the hyper-parameters, shared by all conditions
  std::uint64_t seed = 0;
  Settings settings;
  std::filesystem::path folder;
};

/// What made a part of a run: its results repeat to the bit where all are the same.
struct RunOrigin {
  std::string build;            ///< "0.1.0 (abc)", version and commit
  std::string arithmetic = {};  ///< "x86-64 with AVX2"; empty where its version did not record the target
};

/// Which run of a condition, epsilon and data set.
struct RunNumber {
  int draw;
  std::uint64_t seed;
  auto operator<=>(const RunNumber&) const = default;  // NOLINT(modernize-use-nullptr): the check sees a 0 in it
};

struct StudyResult {
  StudyRun run;
  /// Of run.json; "missing" where there is none; "left out" where the folder is not that of the plan's run; "repeats"
  /// where it is another run of the study over again, which counts in its place.
  std::string status;
  std::optional<double> test_accuracy = {};  ///< last epoch's, a fraction
  std::optional<double> test_loss = {};      ///< last epoch's
  std::string message = {};                  ///< why it diverged, failed, is left out or repeats another
  std::optional<RunNumber> repeats = {};     ///< the run that counts in its place
  bool has_silent_layer = false;             ///< a hidden layer in which no unit answered any image
  int epochs_done = 0;
  double seconds = 0;                   ///< that were spent on it
  std::vector<RunOrigin> origins = {};  ///< of each of its sessions
};

/// Whether nothing is left to do: finished, diverged, or a repetition of another run.
bool has_ended(const StudyResult& result);

}  // namespace chandelier

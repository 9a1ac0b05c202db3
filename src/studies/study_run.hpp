// One run of a study: its place in the plan, and its result.

#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "training/settings.hpp"

namespace chandelier {

struct StudyRun {
  std::string condition;  ///< a preset, or a name that the plan defines
  std::string data;       ///< name of the data set; empty if the study has only one
  double epsilon = 0;
  int draw = 0;  ///< number of the hyper-parameter draw, shared by all conditions
  std::uint64_t seed = 0;
  Settings settings;
  std::filesystem::path folder;
};

/// What a session of a run was trained with. Results are bitwise reproducible if all of it is the same.
struct RunOrigin {
  std::string build;            ///< "0.1.0 (abc)", version and commit
  std::string arithmetic = {};  ///< "x86-64 with AVX2"; empty if its version did not record the target
};

/// Identifies a run within a condition, epsilon and data set.
struct RunNumber {
  int draw;
  std::uint64_t seed;
  auto operator<=>(const RunNumber&) const = default;  // NOLINT(modernize-use-nullptr): the check sees a 0 in it
};

struct StudyResult {
  StudyRun run;
  /// The status in run.json; "missing" if there is none; "left out" if the folder does not match the plan; "repeats" if
  /// it repeats another run of the study, which counts in its place.
  std::string status;
  std::optional<double> test_accuracy = {};  ///< of the last epoch, as a fraction
  std::optional<double> test_loss = {};      ///< of the last epoch
  std::string message = {};                  ///< why it diverged, failed, is left out or repeats another
  std::optional<RunNumber> repeats = {};     ///< the run that counts in its place
  bool has_silent_layer = false;             ///< a hidden layer in which no unit was active for any image
  int epochs_done = 0;
  double seconds = 0;                   ///< spent on it
  std::vector<RunOrigin> origins = {};  ///< one for each of its sessions
};

/// A run whose test accuracy is within so many percentage points of chance has collapsed.
inline constexpr double kAboutChance = 2;
bool is_about_chance(double percent, int classes);

/// Whether nothing is left to do: finished, diverged, or a repetition of another run.
bool has_ended(const StudyResult& result);

}  // namespace chandelier

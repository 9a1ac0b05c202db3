// How a study is to be run by Slurm: options of sbatch, from the table [slurm] of a plan and from flags.

#pragma once

#include <map>
#include <optional>
#include <string>

#include "training/settings_toml.hpp"

namespace chandelier {

struct SlurmOptions {
  /// Long options of sbatch, without their dashes; an option without a value has an empty one.
  std::map<std::string, std::string> sbatch;
  /// Of the array; none: as many as the estimated time asks for.
  std::optional<int> tasks;

  /// @param name  with _ or - between its words  @param origin  begins the error sentences
  /// @throws SettingError for what study submit sets itself, a name or a value that sbatch could not read, and a time
  ///   or a number of CPUs that is none.
  void give(const std::string& name, const std::string& value, const std::string& origin);
  void give_tasks(std::int64_t count, const std::string& origin);

  int cpus_per_task() const;
  /// Of a task.
  double seconds() const;
};

constexpr int kMostTasks = 1000;               ///< of an array; Slurm's own default allows 1000
constexpr const char* kUsualTime = "1:00:00";  ///< where nothing else is said

/// The table [slurm] of a plan, where there is one.
/// @throws SettingError naming the key.
SlurmOptions read_slurm_options(const toml::table& plan, const std::string& origin);

/// "90" minutes, "90:00", "1:30:00", "0-1", "0-1:30" or "0-1:30:00" in seconds; none for anything else.
std::optional<double> seconds_of_slurm_time(const std::string& text);

}  // namespace chandelier

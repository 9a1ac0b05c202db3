// Options of sbatch for a study on Slurm, from the table [slurm] of a plan and from flags.

#pragma once

#include <map>
#include <optional>
#include <string>

#include "training/settings_toml.hpp"

namespace chandelier {

struct SlurmOptions {
  /// Long options of sbatch without the leading dashes; an option without a value has an empty string.
  std::map<std::string, std::string> sbatch;
  /// Number of tasks of the array; none means as many as the estimated time requires.
  std::optional<int> tasks;

  /// Sets an option.
  /// @param name  with _ or - between its words  @param origin  the start of error messages
  /// @throws SettingError for an option that study submit sets itself, a name or a value that sbatch could not read,
  ///   and an invalid time or number of CPUs.
  void give(const std::string& name, const std::string& value, const std::string& origin);
  void give_tasks(std::int64_t count, const std::string& origin);

  int cpus_per_task() const;
  /// Time limit of a task.
  double seconds() const;
};

constexpr int kMostTasks = 1000;               ///< of an array; the default limit of Slurm
constexpr const char* kUsualTime = "1:00:00";  ///< default time limit of a task

/// Reads the table [slurm] of a plan, if there is one.
/// @throws SettingError naming the key.
SlurmOptions read_slurm_options(const toml::table& plan, const std::string& origin);

/// Seconds of a time such as "90" (minutes), "90:00", "1:30:00", "0-1", "0-1:30" or "0-1:30:00"; otherwise none.
std::optional<double> seconds_of_slurm_time(const std::string& text);

}  // namespace chandelier

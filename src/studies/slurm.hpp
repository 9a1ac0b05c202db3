// Slurm, by its commands: sbatch, squeue, sacct, scancel and scontrol.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace chandelier {

/// A task of an array job, as Slurm has it.
struct SlurmTask {
  std::string array_job;  ///< "17"
  std::string task;       ///< "3"; of those that still wait together "4-7"; of all that never began, to accounting, ""
  std::string state;      ///< PENDING, RUNNING, COMPLETED, ...
  std::string reason;     ///< why it waits; empty where Slurm says none
  std::string node;       ///< where it runs or ran; may be empty
};

/// Whether it waits or runs, or will again.
bool is_active(const SlurmTask& task);

/// @throws DataError unless there is sbatch here.
void check_slurm();

/// @param options  of sbatch's command line, which win over those of the script and over SBATCH_ variables
/// @returns the number of the array job.
/// @throws DataError with what sbatch says, where it refuses.
std::string submit(const std::string& script, const std::vector<std::string>& options);

/// The tasks of array jobs that stand in the queue or left it only just now.
/// @throws DataError where Slurm does not answer.
std::vector<SlurmTask> queued_tasks(const std::vector<std::string>& array_jobs);

/// What accounting has kept of the tasks of array jobs; nothing where this Slurm keeps no accounting.
std::vector<SlurmTask> accounted_tasks(const std::vector<std::string>& array_jobs);

/// Takes array jobs out of the queue and stops their running tasks. @throws DataError where Slurm refuses.
void cancel(const std::vector<std::string>& array_jobs);

/// Puts a running task, "17_3", back into the queue, which ends its processes.
/// @throws DataError where Slurm refuses.
void requeue(const std::string& array_task);

/// The array jobs that were submitted for a study, in their order.
std::vector<std::string> array_jobs_of(const std::filesystem::path& study_folder);

}  // namespace chandelier

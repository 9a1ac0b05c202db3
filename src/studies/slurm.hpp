// An interface to Slurm through its commands sbatch, squeue, sacct, scancel and scontrol.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace chandelier {

/// A task of an array job, as Slurm reports it.
struct SlurmTask {
  std::string array_job;  ///< "17"
  std::string task;       ///< "3"; "4-7" for several that still wait; "" in accounting for all that never began
  std::string state;      ///< PENDING, RUNNING, COMPLETED, ...
  std::string reason;     ///< why it waits; empty if Slurm gives no reason
  std::string node;       ///< the node on which it runs or ran; may be empty
};

/// Whether it waits or runs, or will do so again.
bool is_active(const SlurmTask& task);

/// @throws DataError if sbatch is not available.
void check_slurm();

/// Submits a script.
/// @param options  for the command line of sbatch; they override those of the script and SBATCH_ variables
/// @returns the number of the array job.
/// @throws DataError with the message of sbatch if it fails.
std::string submit(const std::string& script, const std::vector<std::string>& options);

/// The tasks of array jobs that are in the queue or have just left it.
/// @throws DataError if Slurm does not answer.
std::vector<SlurmTask> queued_tasks(const std::vector<std::string>& array_jobs);

/// The tasks of array jobs according to accounting; empty if this Slurm has no accounting.
std::vector<SlurmTask> accounted_tasks(const std::vector<std::string>& array_jobs);

/// Removes array jobs from the queue and stops their running tasks. @throws DataError if Slurm refuses.
void cancel(const std::vector<std::string>& array_jobs);

/// Puts a running task, "17_3", back into the queue, which ends its processes.
/// @throws DataError if Slurm refuses.
void requeue(const std::string& array_task);

/// The array jobs that were submitted for a study, in order of their numbers.
std::vector<std::string> array_jobs_of(const std::filesystem::path& study_folder);

}  // namespace chandelier

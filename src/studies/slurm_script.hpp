// The script of a Slurm array job that runs a study.

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "studies/estimate.hpp"
#include "studies/slurm_options.hpp"

namespace chandelier {

/// An array job to submit.
struct SlurmArray {
  std::filesystem::path study_folder;    ///< absolute
  std::filesystem::path program;         ///< absolute
  std::filesystem::path working_folder;  ///< absolute; relative data folders of the plan refer to it
  std::string job_name;
  std::size_t runs = 0;        ///< left to do
  double seconds = 0;          ///< of all of them on one core
  double longest_seconds = 0;  ///< of the longest run
  std::uint64_t memory = 0;    ///< bytes for a task
  int tasks = 1;
  SlurmOptions options;
};

/// The number of tasks that the runs fill to four fifths of their time, but no more than there is work for.
int tasks_of_array(double seconds, std::size_t runs, const SlurmOptions& options);

/// The folder of a study for files of Slurm: `<array job>.sh`, the script, and `<array job>_<task>.log`.
std::filesystem::path slurm_folder(const std::filesystem::path& study_folder);

/// All options of the array, as words of the command line of sbatch: "--time=1:00:00".
std::vector<std::string> sbatch_options(const SlurmArray& array);

/// The script for sbatch, with the same options and explanatory comments.
std::string slurm_script(const SlurmArray& array);

}  // namespace chandelier

// The script of an array job of Slurm that runs a study.

#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "studies/estimate.hpp"
#include "studies/slurm_options.hpp"

namespace chandelier {

/// What is submitted.
struct SlurmArray {
  std::filesystem::path study_folder;    ///< absolute
  std::filesystem::path program;         ///< absolute
  std::filesystem::path working_folder;  ///< absolute; relative data folders of the plan are within it
  std::string job_name;
  std::size_t runs = 0;        ///< that are left
  double seconds = 0;          ///< that they take on one core
  double longest_seconds = 0;  ///< of them
  std::uint64_t memory = 0;    ///< bytes that a task needs
  int tasks = 1;
  SlurmOptions options;
};

/// As many tasks as the runs fill, each for four fifths of its time; a task beyond the number of runs would be idle.
int tasks_of_array(double seconds, std::size_t runs, const SlurmOptions& options);

/// Where a study keeps what belongs to Slurm: `<array job>.sh`, its script, and `<array job>_<task>.log`.
std::filesystem::path slurm_folder(const std::filesystem::path& study_folder);

/// All that the array asks of Slurm, as words of sbatch's command line: "--time=1:00:00".
std::vector<std::string> sbatch_options(const SlurmArray& array);

/// The script for sbatch, which holds the same options, with a comment where a reader may wonder.
std::string slurm_script(const SlurmArray& array);

}  // namespace chandelier

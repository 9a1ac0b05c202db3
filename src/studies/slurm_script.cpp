#include "studies/slurm_script.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/command.hpp"
#include "base/counted.hpp"
#include "base/duration.hpp"
#include "base/version.hpp"

namespace chandelier {
namespace {

/// The planned share of a task's time: another CPU may be slower than the one that was measured.
constexpr double kFilled = 0.8;

/// Seconds before its time limit at which a task gets the signal to stop. Runs need the time of a step, or of an
/// evaluation of all images, to stop and to write their checkpoints. Slurm may send the signal up to a minute earlier.
int warning_seconds(double limit) {
  constexpr double kShare = 0.2, kLeast = 10, kMost = 120;
  return static_cast<int>(std::clamp(kShare * limit, kLeast, kMost));
}

std::string directive(const std::string& option) { return "#SBATCH " + command_text({option}) + "\n"; }

/// Escapes %, which begins a pattern in the name of a log.
std::string without_patterns(const std::string& path) {
  std::string text;
  for (const char c : path) text += c == '%' ? "%%" : std::string(1, c);
  return text;
}

/// The options that a user can set.
std::vector<std::string> options_left_to_users(const SlurmArray& array) {
  std::map<std::string, std::string> options{
      {"job-name", array.job_name},
      {"array", array.tasks > 1 ? fmt::format("0-{}", array.tasks - 1) : "0"},
      {"cpus-per-task", "1"},
      {"time", kUsualTime},
  };
  const auto& given = array.options.sbatch;
  const auto is_memory = [](const auto& option) { return option.first.starts_with("mem"); };
  constexpr std::uint64_t kMega = 1'000'000, kStep = 100;  // in steps of 100 MB
  if (std::none_of(given.begin(), given.end(), is_memory))
    options["mem"] = fmt::format("{}M", (array.memory / (kMega * kStep) + 1) * kStep);
  for (const auto& [option, value] : given) options[option] = value;
  std::vector<std::string> words;
  words.reserve(options.size());
  for (const auto& [option, value] : options)
    words.push_back(fmt::format("--{}{}{}", option, value.empty() ? "" : "=", value));
  return words;
}

/// The options that make a task stop in time, get requeued and continue.
std::vector<std::string> options_of_its_own(const SlurmArray& array) {
  return {"--nodes=1",
          "--ntasks=1",
          fmt::format("--signal=B:USR1@{}", warning_seconds(array.options.seconds())),
          "--requeue",
          "--open-mode=append",
          fmt::format("--output={}/%A_%a.log", without_patterns(slurm_folder(array.study_folder)))};
}

}  // namespace

std::filesystem::path slurm_folder(const std::filesystem::path& study_folder) { return study_folder / "slurm"; }

int tasks_of_array(double seconds, std::size_t runs, const SlurmOptions& options) {
  if (options.tasks) return *options.tasks;
  const int cpus = options.cpus_per_task();
  const double filled = seconds / (kFilled * options.seconds() * cpus);
  const double useful = std::ceil(static_cast<double>(runs) / cpus);
  return static_cast<int>(std::clamp(std::ceil(filled), 1.0, std::clamp(useful, 1.0, double{kMostTasks})));
}

std::vector<std::string> sbatch_options(const SlurmArray& array) {
  std::vector<std::string> options = options_left_to_users(array);
  for (std::string& option : options_of_its_own(array)) options.push_back(std::move(option));
  return options;
}

std::string slurm_script(const SlurmArray& array) {
  std::string text = fmt::format(
      "#!/bin/bash\n"
      "# {} of a study, about {} on one core; written by chandelier {} ({}).\n"
      "# A task trains runs that no other process works on, as many at once as it has CPUs, until none is left.\n",
      counted(array.runs, "run"), duration_text(array.seconds), version(), commit());
  for (const std::string& option : options_left_to_users(array)) text += directive(option);
  text +=
      "# Before its time limit, a task gets USR1: its runs stop with a checkpoint, and it is requeued and continues.\n";
  for (const std::string& option : options_of_its_own(array)) text += directive(option);
  text += fmt::format(
      "\n"
      "cd {} || exit 1\n"
      "# Replace this shell, as signals would otherwise end it.\n"
      "exec {} --jobs \"$SLURM_CPUS_PER_TASK\" --array-task\n",
      command_text({array.working_folder}),
      command_text({array.program, "study", "run", array.study_folder / "study.toml", "--out", array.study_folder}));
  return text;
}

}  // namespace chandelier

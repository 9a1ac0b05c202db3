#include "studies/slurm.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>
#include <string_view>
#include <system_error>

#include "base/command.hpp"
#include "base/error.hpp"
#include "studies/slurm_script.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

/// Turns error output such as "sbatch: error: Invalid partition", also on several lines, into part of a sentence.
std::string complaint(const CommandResult& result) {
  std::vector<std::string> parts;
  for (std::string line : split(result.err, '\n')) {
    for (const std::string_view prefix : {"error: ", "fatal: "})
      if (const std::size_t at = line.find(prefix); at != std::string::npos) line.erase(0, at + prefix.size());
    if (!line.empty() && std::find(parts.begin(), parts.end(), line) == parts.end()) parts.push_back(line);
  }
  return parts.empty() ? fmt::format("exit code {}", result.code) : fmt::format("{}", fmt::join(parts, "; "));
}

DataError refusal(const std::string& command, const CommandResult& result) {
  if (!result.found)
    return DataError(fmt::format(
        "{}: command not found; run this where the commands of Slurm are installed, such as a login node of a cluster",
        command));
  return DataError(fmt::format("{} refused: {}", command, complaint(result)));
}

CommandResult run_or_refuse(const std::vector<std::string>& words, std::string_view input = {}) {
  CommandResult result = run_command(words, input);
  if (!result.succeeded()) throw refusal(words.front(), result);
  return result;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

bool is_active(const SlurmTask& task) {
  // COMPLETING is not among them: a task that is requeued passes through it.
  constexpr std::array<std::string_view, 9> kEnded{"BOOT_FAIL", "CANCELLED",     "COMPLETED", "DEADLINE", "FAILED",
                                                   "NODE_FAIL", "OUT_OF_MEMORY", "PREEMPTED", "TIMEOUT"};
  return std::find(kEnded.begin(), kEnded.end(), task.state) == kEnded.end();
}

void check_slurm() {
  if (!run_command({"sbatch", "--version"}).found)
    throw DataError(
        "sbatch: command not found; submit from a login node of a cluster that runs Slurm, or use study run on this "
        "machine");
}

std::string submit(const std::string& script, const std::vector<std::string>& options) {
  unsetenv("SBATCH_WAIT");  // with it, sbatch would wait until the study has ended
  std::vector<std::string> words{"sbatch", "--parsable"};
  words.insert(words.end(), options.begin(), options.end());
  const std::string printed = run_or_refuse(words, script).out;
  std::string job;  // "17" or "17;cluster" in the last line; some clusters print a greeting first
  for (const std::string& line : split(printed, '\n'))
    if (!line.empty()) job = line.substr(0, line.find(';'));
  if (!is_number(job))
    throw DataError(fmt::format(
        "sbatch: it printed '{}' instead of a job number; check with squeue whether it submitted a job", printed));
  return job;
}

std::vector<SlurmTask> queued_tasks(const std::vector<std::string>& array_jobs) {
  if (array_jobs.empty()) return {};
  const CommandResult result = run_command({"squeue", "--noheader", "--states=all", "--format=%F|%K|%T|%r|%N",
                                            fmt::format("--jobs={}", fmt::join(array_jobs, ","))});
  // squeue reports an error if all of them left the queue long ago; here it is none.
  if (result.found && result.code != 0 && result.err.find("Invalid job id") != std::string::npos) return {};
  if (!result.succeeded()) throw refusal("squeue", result);
  std::vector<SlurmTask> tasks;
  for (const std::string& line : split(result.out, '\n'))
    if (const auto fields = split(line + "|", '|'); fields.size() == 5)
      tasks.push_back({fields[0], fields[1], fields[2], fields[3] == "None" ? "" : fields[3], fields[4]});
  return tasks;
}

std::vector<SlurmTask> accounted_tasks(const std::vector<std::string>& array_jobs) {
  if (array_jobs.empty()) return {};
  const CommandResult result =
      run_command({"sacct", "--noheader", "--parsable2", "--allocations", "--format=JobID,State,NodeList",
                   fmt::format("--jobs={}", fmt::join(array_jobs, ","))});
  if (!result.succeeded()) return {};
  std::vector<SlurmTask> tasks;
  for (const std::string& line : split(result.out, '\n')) {
    const auto fields = split(line + "|", '|');
    if (fields.size() != 3) continue;
    const std::size_t dash = fields[0].find('_');
    std::string list = dash == std::string::npos ? "" : fields[0].substr(dash + 1);  // "3", or "[4-7]"
    std::erase_if(list, [](char c) { return c == '[' || c == ']'; });
    // "CANCELLED by 1000"
    tasks.push_back({fields[0].substr(0, dash), list, fields[1].substr(0, fields[1].find(' ')), "",
                     fields[2] == "None assigned" ? "" : fields[2]});
  }
  return tasks;
}

void cancel(const std::vector<std::string>& array_jobs) {
  std::vector<std::string> words{"scancel"};
  words.insert(words.end(), array_jobs.begin(), array_jobs.end());
  run_or_refuse(words);
}

void requeue(const std::string& array_task) {
  const CommandResult result = run_command({"scontrol", "requeue", array_task});
  const bool was_ended_by_it = result.found && result.code < 0;  // scontrol is itself a process of the task
  if (!result.succeeded() && !was_ended_by_it) throw refusal("scontrol", result);
}

std::vector<std::string> array_jobs_of(const fs::path& study_folder) {
  std::vector<std::string> jobs;
  std::error_code error;
  for (fs::directory_iterator entry(slurm_folder(study_folder), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename();
    const std::string job = name.substr(0, name.find_first_of("._"));
    if (is_number(job) && std::find(jobs.begin(), jobs.end(), job) == jobs.end()) jobs.push_back(job);
  }
  std::sort(jobs.begin(), jobs.end(), [](const std::string& a, const std::string& b) {
    return a.size() != b.size() ? a.size() < b.size() : a < b;
  });
  return jobs;
}

}  // namespace chandelier

#include "studies/study_status.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string_view>
#include <utility>
#include <vector>

#include "base/counted.hpp"
#include "base/duration.hpp"
#include "base/error.hpp"
#include "studies/leases.hpp"
#include "studies/slurm.hpp"
#include "studies/slurm_script.hpp"
#include "studies/study_results.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostNamed = 20;

double share_of(const StudyResult& result) {
  return has_ended(result) ? 1 : result.epochs_done / static_cast<double>(std::max(1, result.run.settings.epochs));
}

std::string name_of(const StudyResult& result) { return result.run.folder.filename().string(); }

/// "running" of "RUNNING", "node fail" of "NODE_FAIL".
std::string words_of_state(std::string state) {
  std::transform(state.begin(), state.end(), state.begin(),
                 [](unsigned char c) { return c == '_' ? ' ' : static_cast<char>(std::tolower(c)); });
  return state;
}

/// The number of tasks in "3", "4-7" or "1,5-6%2".
std::size_t tasks_in(const std::string& list) {
  std::size_t count = 0;
  std::istringstream parts(list.substr(0, list.find('%')));
  for (std::string part; std::getline(parts, part, ',');) {
    unsigned long first = 0, last = 0;
    const int found = std::sscanf(part.c_str(), "%lu-%lu", &first, &last);
    count += found == 2 && last >= first ? last - first + 1 : 1;
  }
  return count;
}

/// Whether a task of an array job has a log.
bool has_log(const fs::path& folder, const std::string& job) {
  std::error_code error;
  for (fs::directory_iterator entry(slurm_folder(folder), error), end; !error && entry != end; entry.increment(error))
    if (entry->path().extension() == ".log" && entry->path().filename().string().starts_with(job + "_")) return true;
  return false;
}

/// One row per status that occurs: "  finished     17".
/// @param running  the names of the runs that a live process has; others whose run.json says "running" are stopped
std::string counts(const std::vector<StudyResult>& results, const std::set<std::string>& running) {
  std::map<std::string, std::size_t> count;
  for (const StudyResult& result : results) {
    const std::string recorded = result.status == "running" ? "stopped" : result.status;
    ++count[running.contains(name_of(result)) ? "running" : recorded];
  }
  std::string text;
  for (const char* const status :
       {"finished", "diverged", "running", "stopped", "failed", "left out", "repeats", "missing"})
    if (count[status] > 0) text += fmt::format("  {:<10} {:>6}\n", status, count[status]);
  return text;
}

/// Each run that failed, diverged or is left out, with the reason.
std::string reasons(const std::vector<StudyResult>& results) {
  std::string text;
  std::size_t named = 0;
  for (const StudyResult& result : results) {
    if (result.status != "failed" && result.status != "diverged" && result.status != "left out") continue;
    if (++named <= kMostNamed) text += fmt::format("  {}  {}: {}\n", name_of(result), result.status, result.message);
  }
  if (named > kMostNamed) text += fmt::format("  and {} more\n", named - kMostNamed);
  return text;
}

/// A note on a process of another machine that has been silent for long; empty otherwise.
std::string doubt_about(const fs::path& folder, const Worker& worker) {
  if (worker.is_of_this_machine()) return {};
  const std::optional<double> silent = seconds_since_sign_of_life(folder, worker);
  if (!silent) return ", no sign of life";
  if (*silent < std::chrono::duration<double>(Leases::kPatience).count()) return {};
  return fmt::format(", no sign of life for {}: if it has died, study run takes this run over", duration_text(*silent));
}

/// The time spent so far, and an estimate of what is left from the time per epoch of the same condition and widths.
std::string times(const std::vector<StudyResult>& results, std::size_t under_way) {
  using Kind = std::pair<std::string, std::vector<int>>;
  const auto kind_of = [](const StudyResult& result) { return Kind{result.run.condition, result.run.settings.width}; };
  std::map<Kind, std::pair<double, double>> seconds_and_epochs;
  double spent = 0, epochs = 0;
  for (const StudyResult& result : results) {
    if (result.status == "repeats") continue;
    spent += result.seconds;
    epochs += result.epochs_done;
    auto& [seconds, done] = seconds_and_epochs[kind_of(result)];
    seconds += result.seconds;
    done += result.epochs_done;
  }
  double left = 0;
  for (const StudyResult& result : results) {
    if (result.status == "left out" || epochs <= 0) continue;
    const auto& [seconds, done] = seconds_and_epochs[kind_of(result)];
    const double an_epoch = done > 0 ? seconds / done : spent / epochs;
    left += an_epoch * result.run.settings.epochs * (1 - share_of(result));
  }
  std::string text = fmt::format("time spent on all runs {}", clock_text(spent));
  if (left > 0) text += fmt::format(", about {} left", clock_text(left));
  if (left > 0 && under_way > 1)
    text += fmt::format(", that is {} with {} at once", clock_text(left / static_cast<double>(under_way)), under_way);
  return text + "\n";
}

/// Tasks that only accounting knows: the queue drops a task some minutes after its end, even while others of its array
/// are waiting.
std::vector<SlurmTask> forgotten_by_queue(const std::vector<SlurmTask>& queue, std::vector<SlurmTask> accounted) {
  std::erase_if(accounted, [&](const SlurmTask& task) {
    return std::any_of(queue.begin(), queue.end(), [&](const SlurmTask& other) {
      const bool is_same = other.task == task.task || task.task.empty() || is_active(task);
      return other.array_job == task.array_job && is_same;
    });
  });
  return accounted;
}

/// The array jobs of a study, according to Slurm and the logs of their tasks; empty if there are none.
std::string array_jobs(const fs::path& folder) {
  const std::vector<std::string> jobs = array_jobs_of(folder);
  if (jobs.empty()) return {};
  std::string text = "\nSlurm\n";
  std::vector<SlurmTask> tasks;
  try {
    tasks = queued_tasks(jobs);
  } catch (const DataError& error) {
    return text + fmt::format("  {}; so only the study folder was read\n", error.what());
  }
  for (SlurmTask& task : forgotten_by_queue(tasks, accounted_tasks(jobs))) tasks.push_back(std::move(task));
  for (const std::string& job : jobs) {
    std::map<std::string, std::size_t> count;  // by state, and why they wait
    for (const SlurmTask& task : tasks)
      if (task.array_job == job)
        count[words_of_state(task.state) + (is_active(task) && !task.reason.empty() ? fmt::format(" ({})", task.reason)
                                                                                    : "")] += tasks_in(task.task);
    std::vector<std::string> counts;
    counts.reserve(count.size());
    for (const auto& [state, number] : count)
      counts.push_back(number == 0 ? state : fmt::format("{} {}", number, state));
    text += fmt::format("  array job {}: {}\n", job,
                        counts.empty() ? "no longer in the queue" : fmt::format("{}", fmt::join(counts, ", ")));
    const bool ran = std::any_of(tasks.begin(), tasks.end(), [&](const SlurmTask& task) {
      return task.array_job == job && !task.node.empty() && task.state != "CONFIGURING";
    });
    if ((ran || counts.empty()) && !has_log(folder, job))
      text += fmt::format("    none of its tasks has written a log in {}: {}\n", slurm_folder(folder).string(),
                          ran ? "can the nodes see this folder?"
                              : "it was cancelled before they began, or the nodes cannot see this folder");
  }
  return text;
}

}  // namespace

std::string study_status(const StudyPlace& place) {
  const std::vector<StudyResult> results = study_results(place.plan, place.folder);
  const std::map<std::string, Lease> leases = leases_in(place.folder);
  std::string under_way, stopped;
  std::size_t runs_stopped = 0;
  std::set<std::string> running;
  for (const StudyResult& result : results) {
    const auto lease = leases.find(name_of(result));
    if (has_ended(result) || result.status == "left out") continue;
    if (lease == leases.end() || !lease->second.lives) {
      if (result.status != "running" && result.status != "stopped") continue;
      if (++runs_stopped <= kMostNamed)
        stopped += fmt::format("  {}  stopped after {} of {} epochs\n", name_of(result), result.epochs_done,
                               result.run.settings.epochs);
      continue;
    }
    running.insert(name_of(result));
    const Worker& worker = lease->second.worker;
    under_way += fmt::format("  {}  epoch {} of {}, {}{}\n", name_of(result), result.epochs_done,
                             result.run.settings.epochs, worker.name(), doubt_about(place.folder, worker));
  }
  std::string text =
      fmt::format("{}: {}\n{}", place.folder.string(), counted(results.size(), "run"), counts(results, running));
  if (!under_way.empty()) text += "\nRunning\n" + under_way;
  if (runs_stopped > kMostNamed) stopped += fmt::format("  and {} more\n", runs_stopped - kMostNamed);
  if (!stopped.empty()) text += "\nStopped; continue with study run or study submit\n" + stopped;
  if (const std::string why = reasons(results); !why.empty()) text += "\nFailed, diverged or left out\n" + why;
  return text + array_jobs(place.folder) + "\n" + times(results, running.size());
}

}  // namespace chandelier

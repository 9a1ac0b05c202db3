#include "studies/study.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <chrono>
#include <deque>

#include "base/error.hpp"
#include "base/files.hpp"
#include "studies/run_process.hpp"
#include "studies/study_results.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kPollMilliseconds = 200;

/// How long a run takes, up to a factor: its synapses times the images it sees.
double work(const Settings& settings) {
  double synapses = 0, k = 784;
  for (const int n : settings.width) {
    synapses += k * n;
    k = n;
  }
  return synapses * std::max(1, settings.epochs) * (settings.circuit == "inorm" ? 2 : 1);
}

/// A run under way.
struct Job {
  std::size_t index;  ///< in the plan
  Clock::time_point began;
  std::unique_ptr<RunProcess> process;
};

/// @throws before anything is changed, if a run of the folder has other settings than the plan says, or other data.
void check_folder(const StudyPlan& plan, const Dataset& dataset, const fs::path& folder) {
  if (!fs::exists(folder)) return;
  if (!fs::is_directory(folder)) throw DataError(fmt::format("{}: this is not a folder", folder.string()));
  if (!fs::exists(folder / "study.toml") && !is_empty_folder(folder))
    throw DataError(fmt::format("{}: the folder exists and is not a study's; choose another --out", folder.string()));
  for (const StudyRun& run : plan.runs) {
    if (!fs::exists(folder / run.folder / "config.toml")) continue;
    check_same_settings(folder / run.folder, run.settings);
    check_same_data(folder / run.folder, dataset);
  }
}

}  // namespace

std::vector<StudyResult> run_study(const StudyPlan& plan, const std::shared_ptr<const Dataset>& dataset,
                                   const fs::path& folder, int jobs, const StopRequest& stop, StudyObserver& observer) {
  for (const StudyRun& run : plan.runs) check_against_data(run.settings, *dataset);
  check_folder(plan, *dataset, folder);
  create_folder(folder);
  remove_leftovers(folder);
  write_atomically(folder / "study.toml", plan.text);
  create_folder(folder / "runs");

  std::vector<StudyResult> results = study_results(plan, folder);
  std::deque<std::size_t> waiting;
  double all_work = 0, done_before = 0;
  for (std::size_t i = 0; i < results.size(); ++i) {
    all_work += work(plan.runs[i].settings);
    if (has_ended(results[i]))
      done_before += work(plan.runs[i].settings);
    else
      waiting.push_back(i);
  }
  observer.on_begin(results.size(), results.size() - waiting.size());
  // The longest first, so that no long run is left over at the end; otherwise seed by seed, as the plan has them.
  std::stable_sort(waiting.begin(), waiting.end(), [&](std::size_t a, std::size_t b) {
    return work(plan.runs[a].settings) > work(plan.runs[b].settings);
  });

  std::vector<Job> running;
  double done = done_before;
  while (!waiting.empty() || !running.empty()) {
    if (stop.load() != 0) {
      waiting.clear();
      for (const Job& job : running) job.process->stop();
    }
    while (!waiting.empty() && running.size() < static_cast<std::size_t>(jobs)) {
      const std::size_t index = waiting.front();
      waiting.pop_front();
      const StudyRun& run = plan.runs[index];
      running.push_back(
          {index, Clock::now(), std::make_unique<RunProcess>(run.settings, dataset, folder / run.folder)});
    }

    std::vector<pollfd> descriptors;
    descriptors.reserve(running.size());
    for (const Job& job : running) descriptors.push_back({job.process->descriptor(), POLLIN, 0});
    poll(descriptors.data(), descriptors.size(), kPollMilliseconds);
    for (std::size_t i = running.size(); i-- > 0;) {
      if (descriptors[i].revents == 0) continue;
      Job& job = running[i];
      const StudyRun& run = plan.runs[job.index];
      const bool goes_on = job.process->listen();
      if (const std::string note = job.process->take_note(); !note.empty()) observer.on_note(note);
      if (goes_on) continue;
      StudyResult& result = results[job.index] = study_result(run, folder);
      if (!job.process->message().empty()) {
        result.status = "failed";
        result.message = job.process->message();
      }
      done += work(run.settings);
      observer.on_run_end(result, std::chrono::duration<double>(Clock::now() - job.began).count());
      running.erase(running.begin() + static_cast<std::ptrdiff_t>(i));
    }
    double under_way = 0;
    for (const Job& job : running) under_way += job.process->share() * work(plan.runs[job.index].settings);
    observer.on_progress((done + under_way) / all_work, running.size());
  }
  return results;
}

}  // namespace chandelier

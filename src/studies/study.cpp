#include "studies/study.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>

#include <algorithm>
#include <deque>
#include <set>
#include <utility>

#include "base/error.hpp"
#include "base/files.hpp"
#include "studies/open_study.hpp"
#include "studies/order_of_runs.hpp"
#include "studies/repeated_runs.hpp"
#include "studies/run_process.hpp"
#include "studies/study_results.hpp"
#include "studies/study_work.hpp"
#include "training/run_record.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Failure = RunProcess::Failure;

constexpr int kPollMilliseconds = 200;
constexpr std::chrono::seconds kBetweenBeats{5}, kBetweenLooks{1}, kBetweenTrialsOfTheDisk{2};

/// An upper bound in bytes for the files of a run while it ends: weights and velocities in a checkpoint, the same in
/// the checkpoint being written, and the weights alone. With inhibition, a layer has at most 2.2 times its excitatory
/// synapses.
std::size_t room_for(const Settings& settings, const Dataset& dataset) {
  constexpr double kBytes = 4, kCopies = 5, kLayer = 2.2, kPrediction = 6, kRest = 50'000;
  return static_cast<std::size_t>(kBytes * kCopies * kLayer * excitatory_synapses(settings, dataset) +
                                  kPrediction * static_cast<double>(dataset.test.count) + kRest);
}

class Study {
 public:
  Study(const StudyPlan& plan, const Datasets& datasets, fs::path folder, int jobs, const StopRequest& stop,
        StudyObserver& observer, RunsOfOthers others, DrawRange draws, std::chrono::milliseconds patience)
      : plan_(plan),
        datasets_(datasets),
        folder_(std::move(folder)),
        most_jobs_(static_cast<std::size_t>(jobs)),
        stop_(stop),
        observer_(observer),
        others_(others),
        draws_(draws),
        patience_(patience),
        leases_(folder_, patience),
        progress_(plan, datasets, folder_) {}

  std::vector<StudyResult> run() {
    begin();
    while (!waiting_.empty() || !jobs_.empty()) {
      if (stop_.load() != 0) {
        waiting_.clear();
        for (const Job& job : jobs_) job.process->stop();
      }
      keep_alive();
      if (paused_) go_on_where_there_is_room();
      begin_runs();
      listen();
      tell();
    }
    std::vector<std::string> ended;
    for (const StudyResult& result : results_)
      if (has_ended(result)) ended.push_back(result.run.folder.filename());
    leases_.tidy(ended);
    mark_equal_weights(results_, folder_);
    return std::move(results_);
  }

 private:
  /// A run under way.
  struct Job {
    std::size_t index;  ///< in the plan
    Clock::time_point began;
    std::unique_ptr<RunProcess> process;
    bool lost = false;  ///< another process has taken it over
  };

  const StudyRun& run_at(std::size_t index) const { return plan_.runs[index]; }
  const Dataset& dataset_at(std::size_t index) const { return *dataset_of(run_at(index).settings, datasets_); }
  std::string name_at(std::size_t index) const { return run_at(index).folder.filename(); }

  /// @throws before anything is changed, if no run of this plan can be run in this folder.
  void begin() {
    results_ = open_study(plan_, datasets_, folder_, leases_.worker().id,
                          [&](const std::string& sentence) { observer_.on_note(sentence); });
    const RepeatedRuns repeated = repeated_runs(plan_);
    mark_repeated(results_, repeated);
    if (repeated.count() > 0)
      observer_.on_note(fmt::format("{} of {} runs repeat another run, which is trained and counted once: {}",
                                    repeated.count(), results_.size(), fmt::join(in_words(repeated, plan_), "; ")));

    std::size_t done = 0, runs = 0;
    std::vector<std::size_t> waiting;
    for (std::size_t i = 0; i < results_.size(); ++i) {
      if (results_[i].status == "left out" || results_[i].status == "repeats") continue;
      if (!draws_.contains(run_at(i).draw)) continue;
      ++runs;
      progress_.expect(i);
      if (is_done(results_[i], plan_, folder_)) {
        progress_.end(i);
        ++done;
      } else {
        waiting.push_back(i);
      }
    }
    const auto order = order_of_runs(plan_, waiting, [&](std::size_t index) { return progress_.work(index); });
    waiting_.assign(order.begin(), order.end());
    observer_.on_begin(runs, done);
  }

  void keep_alive() {
    if (Clock::now() < next_beat_) return;
    next_beat_ = Clock::now() + kBetweenBeats;
    try {
      leases_.beat();
    } catch (const NoRoomError& error) {
      pause(error.what());
    }
    const std::vector<std::string> lost = leases_.lost();
    for (Job& job : jobs_)
      if (!job.lost && std::find(lost.begin(), lost.end(), name_at(job.index)) != lost.end()) {
        job.lost = true;
        job.process->stop();
      }
  }

  void pause(const std::string& why) {
    if (!paused_)
      observer_.on_note(
          fmt::format("paused: {}; nothing is lost, and the study continues by itself once there is space", why));
    paused_ = true;
    next_trial_ = Clock::now() + kBetweenTrialsOfTheDisk;
  }

  void go_on_where_there_is_room() {
    if (waiting_.empty() || Clock::now() < next_trial_) return;
    next_trial_ = Clock::now() + kBetweenTrialsOfTheDisk;
    std::size_t largest = 0;
    for (const std::size_t index : waiting_)
      largest = std::max(largest, room_for(run_at(index).settings, dataset_at(index)));
    try {
      check_room(folder_, largest * std::min(most_jobs_, waiting_.size() + jobs_.size()));
      leases_.beat();
    } catch (const NoRoomError&) {
      return;
    }
    paused_ = false;
    observer_.on_note("there is space again: the study continues");
  }

  /// Begins runs that no process has, as long as there are free cores, and checks the runs that others have or had.
  void begin_runs() {
    if (paused_ || waiting_.empty() || Clock::now() < next_look_) return;
    next_look_ = Clock::now() + kBetweenLooks;
    const std::map<std::string, Lease> leases = leases_.look();
    const std::set<std::size_t> were_elsewhere = std::exchange(elsewhere_, {});
    std::string others;
    std::deque<std::size_t> still_waiting;
    for (const std::size_t index : waiting_) {
      const auto found = leases.find(name_at(index));
      const Lease* const lease = found == leases.end() ? nullptr : &found->second;
      if (lease != nullptr && lease->lives) {
        elsewhere_.insert(index);
        others = lease->worker.name();
        still_waiting.push_back(index);
      } else if (!begin_or_settle(index, lease, were_elsewhere.contains(index))) {
        still_waiting.push_back(index);
      }
    }
    waiting_ = std::move(still_waiting);
    if (!jobs_.empty() || waiting_.empty() || elsewhere_.size() < waiting_.size()) {
      idle_since_ = Clock::now();
    } else if (others_ == RunsOfOthers::leave) {
      leave_to_others(leases, others);
    } else if (!said_waiting_) {
      said_waiting_ = true;
      observer_.on_note(
          fmt::format("waiting for {} that {} is training", waiting_.size() == 1 ? "a run" : "runs", others));
    }
  }

  /// Ends once the processes that have the runs are known to be alive; one of another machine must be watched for a
  /// while first.
  void leave_to_others(const std::map<std::string, Lease>& leases, const std::string& others) {
    const bool is_known = std::all_of(waiting_.begin(), waiting_.end(), [&](std::size_t index) {
      return leases.at(name_at(index)).worker.is_of_this_machine();
    });
    if (!is_known && Clock::now() - idle_since_ < patience_ + kBetweenBeats) return;
    observer_.on_note(fmt::format(
        "{}; there is nothing left to do here",
        waiting_.size() == 1
            ? fmt::format("the last run is being trained by {}", others)
            : fmt::format("the last {} runs are being trained by others, one of them by {}", waiting_.size(), others)));
    for (const std::size_t index : std::exchange(waiting_, {}))
      results_[index] = result_in(folder_, run_at(index), dataset_at(index));
    elsewhere_.clear();
  }

  /// Begins a run that no process has, or takes its result if another process has ended it.
  /// @returns false if the run has to wait.
  bool begin_or_settle(std::size_t index, const Lease* of_dead, bool was_elsewhere) {
    const bool can_begin = jobs_.size() < most_jobs_ && !paused_;
    if (!can_begin && !was_elsewhere) return false;
    if (settle(index)) return true;
    const std::string name = name_at(index);
    try {
      if (!can_begin || !leases_.claim(name)) return false;
    } catch (const NoRoomError& error) {
      pause(error.what());
      return false;
    }
    if (settle(index)) {  // it ended just before the claim
      leases_.release(name);
      return true;
    }
    const StudyRun& run = run_at(index);
    if (of_dead != nullptr)
      observer_.on_note(fmt::format("{}: {} had this run and has ended; the run continues here",
                                    (folder_ / run.folder).string(), of_dead->worker.name()));
    return begin_run(index);
  }

  /// Begins a claimed run. @returns false if no process can be created until another one ends.
  bool begin_run(std::size_t index) {
    const StudyRun& run = run_at(index);
    std::vector<int> siblings;
    for (const Job& job : jobs_) siblings.push_back(job.process->descriptor());
    const auto has_this_run = [this, name = name_at(index)] { return leases_.has(name); };
    try {
      jobs_.push_back(
          {index, Clock::now(),
           std::make_unique<RunProcess>(run.settings, dataset_of(run.settings, datasets_), folder_ / run.folder,
                                        plan_.evaluate, siblings, has_this_run, observer_.around_fork())});
    } catch (const DataError&) {
      leases_.release(name_at(index));
      if (jobs_.empty()) throw;
      return false;
    }
    return true;
  }

  /// Takes the result of a run that has ended or is left out. @returns false if it is neither.
  bool settle(std::size_t index) {
    const StudyResult result = result_in(folder_, run_at(index), dataset_at(index));
    if (!is_done(result, plan_, folder_) && result.status != "left out") return false;
    end(index, result, std::nullopt);
    return true;
  }

  void end(std::size_t index, const StudyResult& result, std::optional<double> seconds) {
    results_[index] = result;
    progress_.end(index);
    observer_.on_run_end(result, seconds);
  }

  /// Waits briefly for messages of the runs.
  void listen() {
    std::vector<pollfd> descriptors;
    descriptors.reserve(jobs_.size());
    for (const Job& job : jobs_) descriptors.push_back({job.process->descriptor(), POLLIN, 0});
    poll(descriptors.data(), descriptors.size(), kPollMilliseconds);
    for (std::size_t i = jobs_.size(); i-- > 0;) {
      if (descriptors[i].revents == 0) continue;
      const bool goes_on = jobs_[i].process->listen();
      if (const std::string note = jobs_[i].process->take_note(); !note.empty()) observer_.on_note(note);
      if (goes_on) continue;
      const Job job = std::move(jobs_[i]);
      jobs_.erase(jobs_.begin() + static_cast<std::ptrdiff_t>(i));
      take_result(job);
      leases_.release(name_at(job.index));
      next_look_ = Clock::now();
    }
  }

  void take_result(const Job& job) {
    const Failure failure = job.process->failure();
    const bool again = job.lost || failure == Failure::in_use || failure == Failure::no_room;
    if (failure == Failure::no_room) pause(job.process->message());
    if (again && stop_.load() == 0) {
      // To the end if another process has it; to the front if the disk was full, as it has just as much left to do.
      waiting_.insert(failure == Failure::no_room ? waiting_.begin() : waiting_.end(), job.index);
      return;
    }
    StudyResult result = study_result(run_at(job.index), folder_);
    if (failure == Failure::none && result.status == "stopped" && stop_.load() == 0) {  // a signal to this run alone
      waiting_.push_front(job.index);
      return;
    }
    if (again && !has_ended(result)) {
      result.status = "stopped";  // it continues from its last checkpoint when the study is started again
      result.message.clear();
    } else if (failure != Failure::none && has_ended(result)) {
      observer_.on_note(fmt::format("{}; the run itself has already {}", job.process->message(), result.status));
    } else if (failure != Failure::none) {
      result.status = "failed";
      result.message = job.process->message();
      // A process that was killed could not record it itself.
      if (leases_.has(name_at(job.index))) record_failure(folder_ / run_at(job.index).folder, result.message);
    }
    end(job.index, result, std::chrono::duration<double>(Clock::now() - job.began).count());
  }

  void tell() {
    std::vector<RunUnderWay> under_way;
    for (const Job& job : jobs_) under_way.push_back({&run_at(job.index), job.process->share(), false});
    for (const std::size_t index : elsewhere_)
      under_way.push_back({&run_at(index), progress_.share_elsewhere(index, next_look_), true});
    observer_.on_progress(progress_.state(std::move(under_way), paused_));
  }

  const StudyPlan& plan_;
  const Datasets& datasets_;
  fs::path folder_;
  std::size_t most_jobs_;
  const StopRequest& stop_;
  StudyObserver& observer_;
  RunsOfOthers others_;
  DrawRange draws_;
  std::chrono::milliseconds patience_;
  Leases leases_;
  std::vector<Job> jobs_;  ///< declared after leases_, so that their processes end before the leases are released
  std::deque<std::size_t> waiting_;  ///< in the order in which they will begin
  std::set<std::size_t> elsewhere_;  ///< waiting runs that other processes have
  std::vector<StudyResult> results_;
  StudyWork progress_;
  bool paused_ = false, said_waiting_ = false;
  Clock::time_point idle_since_ = Clock::now(), next_beat_ = Clock::now(), next_look_ = Clock::now(),
                    next_trial_ = Clock::now();
};

}  // namespace

std::vector<StudyResult> run_study(const StudyPlan& plan, const Datasets& datasets, const fs::path& folder, int jobs,
                                   const StopRequest& stop, StudyObserver& observer, RunsOfOthers others,
                                   DrawRange draws, std::chrono::milliseconds patience) {
  return Study(plan, datasets, folder, jobs, stop, observer, others, draws, patience).run();
}

}  // namespace chandelier

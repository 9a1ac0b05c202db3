// Runs a study in its folder, one run per core. It skips finished runs, continues unfinished ones, and shares the work
// with other processes that use the same folder.

#pragma once

#include <chrono>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "studies/datasets.hpp"
#include "studies/leases.hpp"
#include "studies/run_process.hpp"
#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"
#include "training/run_observer.hpp"

namespace chandelier {

/// A run that is being trained.
struct RunUnderWay {
  const StudyRun* run;
  double share;    ///< share of its epochs that is done, 0 ... 1
  bool elsewhere;  ///< trained by another process
};

/// The progress of a study.
struct StudyState {
  double share = 0;  ///< share of the work that is done, 0 ... 1
  bool paused = false;
  std::vector<RunUnderWay> under_way;
};

/// What to do about runs that other processes have, once nothing else is left to do.
enum class RunsOfOthers {
  wait,   ///< wait until they have ended, and take over runs of processes that die
  leave,  ///< leave the runs to them, once they are known to be alive
};

/// Draws of hyper-parameters by number, from the first to the last.
struct DrawRange {
  int first = 0, last = std::numeric_limits<int>::max();
  bool contains(int draw) const { return first <= draw && draw <= last; }
};

/// Receives events of a study.
class StudyObserver {
 public:
  virtual ~StudyObserver() = default;
  /// Before anything runs: the number of runs, without those left out, and how many of them are already done.
  virtual void on_begin(std::size_t /*runs*/, std::size_t /*done*/) {}
  /// A few times a second.
  virtual void on_progress(const StudyState& /*state*/) {}
  /// @param seconds  that this process spent on it; none if another process trained it
  virtual void on_run_end(const StudyResult& /*result*/, std::optional<double> /*seconds*/) {}
  virtual void on_note(const std::string& /*sentence*/) {}
  /// Actions around the fork of a process for a run.
  virtual AroundFork around_fork() { return {}; }
};

/// Runs everything that is not finished, `jobs` runs at a time. @returns the result of every run, in the order of the
/// plan.
///
/// Every run is a separate process, forked from this one, so the images are in memory only once, and a crash affects no
/// other run. Call it from a process with a single thread.
///
/// Other processes may work in the same folder (studies/leases.hpp). Runs of processes that died are taken over. A full
/// disk pauses the study until there is space.
/// @param draws  the draws whose runs are trained; the results of others are those in the folder
/// @param patience  how long a process of another machine may show no sign of life before it is presumed dead
/// @throws SettingError if a plan does not fit its data, or all runs in the folder belong to another plan; DataError
///   if they belong to other data, or the folder cannot be written.
std::vector<StudyResult> run_study(const StudyPlan& plan, const Datasets& datasets, const std::filesystem::path& folder,
                                   int jobs, const StopRequest& stop, StudyObserver& observer,
                                   RunsOfOthers others = RunsOfOthers::wait, DrawRange draws = {},
                                   std::chrono::milliseconds patience = Leases::kPatience);

}  // namespace chandelier

// Running a study: its folder, one run a core, what is finished skipped and what is not continued, shared with other
// processes on the same folder.

#pragma once

#include <chrono>
#include <filesystem>
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
  double share;    ///< of its epochs that is done, 0 ... 1
  bool elsewhere;  ///< by another process
};

/// How a study stands.
struct StudyState {
  double share = 0;  ///< of the work that is done, 0 ... 1
  bool paused = false;
  std::vector<RunUnderWay> under_way;
};

/// What to do about runs that other processes have, once nothing else is left.
enum class RunsOfOthers {
  wait,   ///< until they have ended, and take over what is left of a process that dies
  leave,  ///< to them, once they are known to live
};

/// What a study tells whoever watches it.
class StudyObserver {
 public:
  virtual ~StudyObserver() = default;
  /// Before anything runs: how many runs there are, without those left out, and how many of them are done already.
  virtual void on_begin(std::size_t /*runs*/, std::size_t /*done*/) {}
  /// A few times a second.
  virtual void on_progress(const StudyState& /*state*/) {}
  /// @param seconds  that this process trained it; none where another did
  virtual void on_run_end(const StudyResult& /*result*/, std::optional<double> /*seconds*/) {}
  virtual void on_note(const std::string& /*sentence*/) {}
  /// What is to be done around the fork of a run's process.
  virtual AroundFork around_fork() { return {}; }
};

/// Runs what is not finished, `jobs` at a time, and says what came out of every run of the plan, in its order.
///
/// Every run is a process of its own, forked from this one: the images are in memory once, a run that crashes takes
/// nothing with it. Call it from a process with a single thread.
///
/// Other processes may work on the same folder (studies/leases.hpp). A run whose process has died is taken over. A full
/// disk pauses the study until there is room.
/// @param patience  until a process of another machine that gives no sign of life is taken for dead
/// @throws SettingError when a plan does not fit its data, or all runs of the folder belong to another plan; DataError
///   when they belong to other data, or the folder cannot be written.
std::vector<StudyResult> run_study(const StudyPlan& plan, const Datasets& datasets, const std::filesystem::path& folder,
                                   int jobs, const StopRequest& stop, StudyObserver& observer,
                                   RunsOfOthers others = RunsOfOthers::wait,
                                   std::chrono::milliseconds patience = Leases::kPatience);

}  // namespace chandelier

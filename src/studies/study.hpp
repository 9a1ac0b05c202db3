// Running a study: its folder, one run a core, what is finished skipped and what is not continued.

#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "data/dataset.hpp"
#include "studies/study_plan.hpp"
#include "studies/study_run.hpp"
#include "training/run.hpp"

namespace chandelier {

/// What a study tells whoever watches it.
class StudyObserver {
 public:
  virtual ~StudyObserver() = default;
  /// Before anything runs: how many runs there are, and how many of them are finished already.
  virtual void on_begin(std::size_t /*runs*/, std::size_t /*finished*/) {}
  /// A few times a second: the share of the work that is done, 0 ... 1, and how many runs are under way.
  virtual void on_progress(double /*share*/, std::size_t /*running*/) {}
  virtual void on_run_end(const StudyResult& /*result*/, double /*seconds*/) {}
  virtual void on_note(const std::string& /*sentence*/) {}
};

/// Runs what is not finished, `jobs` at a time, and says what came out of every run of the plan, in its order.
///
/// Every run is a process of its own, forked from this one: the images are in memory once, a run that crashes takes
/// nothing with it, and no BLAS needs to be safe for threads (Debian's serial OpenBLAS is not). Call it from a process
/// with a single thread.
/// @throws SettingError when the folder belongs to another plan; DataError when it belongs to other data or cannot be
///   written.
std::vector<StudyResult> run_study(const StudyPlan& plan, const std::shared_ptr<const Dataset>& dataset,
                                   const std::filesystem::path& folder, int jobs, const StopRequest& stop,
                                   StudyObserver& observer);

}  // namespace chandelier

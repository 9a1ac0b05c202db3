// The progress of a study, measured in work: the synapses of a run times the images it sees.

#pragma once

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <utility>
#include <vector>

#include "studies/datasets.hpp"
#include "studies/study.hpp"
#include "studies/study_plan.hpp"

namespace chandelier {

/// The state of a study for its observer. Runs are identified by their positions in the plan. Plan and data sets must
/// outlive it.
class StudyWork {
 public:
  using Time = std::chrono::steady_clock::time_point;

  StudyWork(const StudyPlan& plan, const Datasets& datasets, std::filesystem::path folder);

  /// The duration of a run, up to a factor.
  double work(std::size_t index) const;
  /// Counts a run as part of the study (`expect`) and as done (`end`).
  void expect(std::size_t index) { all_ += work(index); }
  void end(std::size_t index) { done_ += work(index); }

  /// The share of another process's run that is done, read from its folder after every look at the leases.
  double share_elsewhere(std::size_t index, Time look);
  StudyState state(std::vector<RunUnderWay> under_way, bool paused) const;

 private:
  double work_of(const StudyRun& run) const;

  const StudyPlan& plan_;
  const Datasets& datasets_;
  std::filesystem::path folder_;
  double all_ = 0, done_ = 0;
  std::map<std::size_t, std::pair<Time, double>> shares_elsewhere_;
};

}  // namespace chandelier

#include "studies/study_work.hpp"

#include <algorithm>

#include "studies/study_results.hpp"
#include "training/registry.hpp"

namespace chandelier {

StudyWork::StudyWork(const StudyPlan& plan, const Datasets& datasets, std::filesystem::path folder)
    : plan_(plan), datasets_(datasets), folder_(std::move(folder)) {}

double StudyWork::work(std::size_t index) const { return work_of(plan_.runs[index]); }

double StudyWork::work_of(const StudyRun& run) const {
  const Dataset& dataset = *dataset_of(run.settings, datasets_);
  return excitatory_synapses(run.settings, dataset) * static_cast<double>(dataset.train.count) *
         std::max(1, run.settings.epochs) * circuit_traits(run.settings.circuit).cost;
}

double StudyWork::share_elsewhere(std::size_t index, Time look) {
  auto& [last_look, share] = shares_elsewhere_[index];
  if (last_look != look) {
    const StudyRun& run = plan_.runs[index];
    last_look = look;
    share = study_result(run, folder_).epochs_done / static_cast<double>(std::max(1, run.settings.epochs));
  }
  return share;
}

StudyState StudyWork::state(std::vector<RunUnderWay> under_way, bool paused) const {
  double work = done_;
  for (const RunUnderWay& run : under_way) work += run.share * work_of(*run.run);
  return {work / all_, paused, std::move(under_way)};
}

}  // namespace chandelier

#include "studies/datasets.hpp"

#include "training/run_training.hpp"

namespace chandelier {

Datasets load_datasets(const StudyPlan& plan) {
  Datasets datasets;
  for (const StudyRun& run : plan.runs) {
    auto& dataset = datasets[{run.settings.data, run.settings.classes}];
    if (!dataset) dataset = load_dataset(run.settings.data, run.settings.classes);
    check_against_data(run.settings, *dataset);
  }
  return datasets;
}

const std::shared_ptr<const Dataset>& dataset_of(const Settings& settings, const Datasets& datasets) {
  return datasets.at({settings.data, settings.classes});
}

double excitatory_synapses(const Settings& settings, const Dataset& dataset) {
  double count = 0, k = static_cast<double>(dataset.train.pixels_per_image());
  for (const int n : settings.width) {
    count += k * n;
    k = n;
  }
  return count;
}

}  // namespace chandelier

// The data sets of a study, each in memory once.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "data/dataset.hpp"
#include "studies/study_plan.hpp"

namespace chandelier {

/// By folder and classes of the settings.
using Datasets = std::map<std::pair<std::string, int>, std::shared_ptr<const Dataset>>;

/// Loads every data set of a plan once.
/// @throws as load_dataset; SettingError when a run's settings do not fit its data
Datasets load_datasets(const StudyPlan& plan);

/// That of a run of these settings.
const std::shared_ptr<const Dataset>& dataset_of(const Settings& settings, const Datasets& datasets);

/// The synapses between excitatory units, by far the most of a network.
double excitatory_synapses(const Settings& settings, const Dataset& dataset);

}  // namespace chandelier

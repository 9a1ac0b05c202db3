// The data sets of a study, each loaded into memory once.

#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "data/dataset.hpp"
#include "studies/study_plan.hpp"

namespace chandelier {

/// Data sets by the folder and the number of classes in the settings.
using Datasets = std::map<std::pair<std::string, int>, std::shared_ptr<const Dataset>>;

/// Loads every data set of a plan once.
/// @throws as load_dataset; SettingError if the settings of a run do not fit its data
Datasets load_datasets(const StudyPlan& plan);

/// The data set of a run with these settings.
const std::shared_ptr<const Dataset>& dataset_of(const Settings& settings, const Datasets& datasets);

/// The number of synapses between excitatory units, by far the largest part of a network.
double excitatory_synapses(const Settings& settings, const Dataset& dataset);

}  // namespace chandelier

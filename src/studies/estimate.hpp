// Estimates the cost of a study before it begins: time from a short measurement on this machine, disk from file sizes.

#pragma once

#include <cstdint>
#include <vector>

#include "studies/datasets.hpp"
#include "studies/study_plan.hpp"

namespace chandelier {

struct RunEstimate {
  double seconds = 0;            ///< on one otherwise idle core
  std::uint64_t bytes = 0;       ///< of its folder after it has finished
  std::uint64_t checkpoint = 0;  ///< additional bytes for the checkpoint while it runs
  std::uint64_t memory = 0;      ///< bytes of its process, without the images, which all runs share
};

/// Estimates every run of the plan, in the order of the plan. For each kind of circuit, batch and update, it times some
/// steps and evaluations of the smallest and the largest network of the plan, and interpolates the others by their
/// number of synapses. It takes about two seconds. It measures CPU time, so that a busy machine does not look slow.
std::vector<RunEstimate> estimate_runs(const StudyPlan& plan, const Datasets& datasets);

/// The total time of runs if each of `jobs` workers takes the next run that is left.
/// @param seconds  of the runs, in the order in which they begin: order_of_runs
double schedule(const std::vector<double>& seconds, int jobs);

/// The number of weights and biases of a network with these settings.
std::uint64_t parameter_count(const Settings& settings, Index inputs);

}  // namespace chandelier

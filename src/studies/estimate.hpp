// What a study will cost, before it begins: time from a short measurement on this machine, disk from sizes.

#pragma once

#include <cstdint>
#include <vector>

#include "studies/datasets.hpp"
#include "studies/study_plan.hpp"

namespace chandelier {

struct RunEstimate {
  double seconds = 0;            ///< on one core that has nothing else to do
  std::uint64_t bytes = 0;       ///< of its folder once it has finished
  std::uint64_t checkpoint = 0;  ///< bytes of the checkpoint beside, while it runs
  std::uint64_t memory = 0;      ///< bytes of its process, without the images, which a study has once
};

/// Of every run of the plan, in its order. For each kind of circuit, batch and update some steps and evaluations are
/// taken at the smallest and the largest network of the plan, and the others are put between, in proportion to their
/// synapses. It takes about two seconds, of the processor's clock, so that a busy machine does not look slow.
std::vector<RunEstimate> estimate_runs(const StudyPlan& plan, const Datasets& datasets);

/// How long runs take together when each of `jobs` workers takes the next that is left.
/// @param seconds  of the runs in the order in which they are begun: order_of_runs
double schedule(const std::vector<double>& seconds, int jobs);

/// Numbers that a network of these settings holds: weights and biases.
std::uint64_t parameter_count(const Settings& settings, Index inputs);

}  // namespace chandelier

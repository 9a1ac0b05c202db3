// Reports if the runs of a study come from several builds of Chandelier or several kinds of CPU.

#pragma once

#include <span>
#include <string>

#include "studies/study_run.hpp"

namespace chandelier {

/// One sentence if runs with an outcome come from several builds, and one if they come from several kinds of CPU, each
/// with the number of runs. Empty if all come from one. Runs with equal settings are bitwise identical for one build on
/// one kind of CPU. All x86-64 CPUs with AVX2 are of one kind.
std::string mixed_origins(std::span<const StudyResult> results);

}  // namespace chandelier

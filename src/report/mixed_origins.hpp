// Whether the runs of a study come from several builds of Chandelier or several types of CPU.

#pragma once

#include <span>
#include <string>

#include "studies/study_run.hpp"

namespace chandelier {

/// A sentence where runs with an outcome were made by several builds, and one where on several types of CPU, each with
/// what they are and how many runs they made; empty where all come from one. Equal settings promise equal bits on one
/// build and one type of CPU alone.
std::string mixed_origins(std::span<const StudyResult> results);

}  // namespace chandelier

// Whether the runs of a study come from several builds of Chandelier or several kinds of CPU.

#pragma once

#include <span>
#include <string>

#include "studies/study_run.hpp"

namespace chandelier {

/// A sentence where runs with an outcome were made by several builds, and one where on several kinds of CPU, each with
/// what they are and how many runs they made; empty where all come from one. Equal settings promise equal bits for one
/// build on one kind of CPU; all x86-64 CPUs with AVX2 are of one kind.
std::string mixed_origins(std::span<const StudyResult> results);

}  // namespace chandelier

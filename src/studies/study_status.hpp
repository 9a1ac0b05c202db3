// How a study stands: what is done, what runs and where, what went wrong, and how long the rest may take.

#pragma once

#include <string>

#include "studies/study_place.hpp"

namespace chandelier {

/// Reads the study's folder and, where array jobs were submitted, asks Slurm for them; changes nothing.
std::string study_status(const StudyPlace& place);

}  // namespace chandelier

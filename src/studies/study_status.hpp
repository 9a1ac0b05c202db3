// The status of a study: what is done, what runs and where, what went wrong, and how long the rest may take.

#pragma once

#include <string>

#include "studies/study_place.hpp"

namespace chandelier {

/// Reads the study folder and, if array jobs were submitted, asks Slurm about them; changes nothing.
std::string study_status(const StudyPlace& place);

}  // namespace chandelier

// study.toml: what is compared. Conditions x epsilons x seeds, everything else equal; the same seed gives the same
// initial excitatory weights, order of images and jitter in every condition, so that differences are paired.

#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "studies/study_run.hpp"

namespace chandelier {

struct StudyPlan {
  std::string text;            ///< the file, to the letter; it is kept with the results
  std::vector<StudyRun> runs;  ///< their folders relative to the study's: runs/<condition>-eps<e>-draw<d>-seed<s>
};

/// Reads a plan:
///
///   conditions = ["e-ln", "inorm-full"]    # presets
///   epsilons   = [0.75]                    # luminosity jitter; default: that of [settings]
///   seeds      = 6                         # a number means 0 ... 5; or a list
///   [settings]                             # any setting of `chandelier train`
///   epochs = 3
///
/// @throws DataError when the file cannot be read; SettingError naming file, key and value otherwise.
StudyPlan read_study_plan(const std::filesystem::path& path);

}  // namespace chandelier

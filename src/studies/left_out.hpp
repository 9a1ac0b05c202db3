// Run folders that are not what the plan says. They are never touched: they are named and left out, and the rest is
// used.

#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "studies/study_run.hpp"

namespace chandelier {

struct LeftOut {
  ExitCode code;    ///< of an error that says so
  std::string why;  ///< names the folder and, where settings differ, the first of them with both values
};

/// Whether something else stands where a run of the plan has its folder: a run of other settings, a config.toml that
/// cannot be understood, a file, a folder of something else. Nothing where there is no such folder yet.
std::optional<LeftOut> why_left_out(const StudyRun& run, const std::filesystem::path& study_folder);

}  // namespace chandelier

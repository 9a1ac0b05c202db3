// Finds the study that a command names.

#pragma once

#include <filesystem>
#include <string>

#include "studies/study_plan.hpp"

namespace chandelier {

struct StudyPlace {
  StudyPlan plan;
  std::filesystem::path folder;  ///< if a plan was named, it may not exist yet
};

/// The folder for the study of a plan: `out`, or results/<stem of the file> if `out` is empty.
std::filesystem::path study_folder_of(const std::filesystem::path& plan_file, const std::string& out);

/// Reads a plan. Its custom rules are known if the study folder has them.
StudyPlan plan_in(const std::filesystem::path& plan_file, const std::filesystem::path& study_folder);

/// A study is named either by its plan, a TOML file, whose folder is `out` or results/<stem of the file>; or by its
/// folder, whose study.toml is the plan.
/// @param out  empty if none was given
/// @throws SettingError for a folder together with `out`, and for an invalid plan; DataError for a folder without
///   study.toml, and for a file that cannot be read.
StudyPlace study_place(const std::string& file_or_folder, const std::string& out);

/// @throws DataError naming the file of the plan and the first data folder in it that does not exist.
void check_data_folders(const StudyPlan& plan, const std::string& file);

}  // namespace chandelier

// Where the study is that a command names.

#pragma once

#include <filesystem>
#include <string>

#include "studies/study_plan.hpp"

namespace chandelier {

struct StudyPlace {
  StudyPlan plan;
  std::filesystem::path folder;  ///< it need not exist yet where a plan was named
};

/// Where the study of a plan lies: `out`, or results/<stem of the file> where none was given.
std::filesystem::path study_folder_of(const std::filesystem::path& plan_file, const std::string& out);

/// The plan in a file, read with the names of the rules that its study's folder keeps, where it keeps some.
StudyPlan plan_in(const std::filesystem::path& plan_file, const std::filesystem::path& study_folder);

/// A study is named by its plan, a TOML file, whose folder is `out` or results/<stem of the file>; or by its folder,
/// whose study.toml is the plan.
/// @param out  empty where none was given
/// @throws SettingError for a folder with an `out` beside it, and for a plan that is wrong; DataError for a folder
///   without study.toml, and for a file that cannot be read.
StudyPlace study_place(const std::string& file_or_folder, const std::string& out);

/// @throws DataError naming the plan's file and the first data folder in it that does not exist.
void check_data_folders(const StudyPlan& plan, const std::string& file);

}  // namespace chandelier

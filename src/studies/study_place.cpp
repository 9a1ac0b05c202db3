#include "studies/study_place.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "data/dataset.hpp"

namespace chandelier {

namespace fs = std::filesystem;

fs::path study_folder_of(const fs::path& plan_file, const std::string& out) {
  return out.empty() ? fs::path("results") / plan_file.stem() : fs::path(out);
}

StudyPlace study_place(const std::string& file_or_folder, const std::string& out) {
  const fs::path named = file_or_folder;
  std::error_code ignored;
  if (!fs::is_directory(named, ignored)) return {read_study_plan(named), study_folder_of(named, out)};
  if (!out.empty())
    throw SettingError(fmt::format(
        "--out {} says where the study of a plan lies, but {} is a folder; name one of the two", out, file_or_folder));
  if (!fs::exists(named / "study.toml", ignored))
    throw DataError(fmt::format("{}: this folder has no study.toml, so it is not a study's", file_or_folder));
  return {read_study_plan(named / "study.toml"), named};
}

void check_data_folders(const StudyPlan& plan, const std::string& file) {
  for (const StudyRun& run : plan.runs) {
    const std::string& data = run.settings.data;
    std::error_code ignored;
    if (!data.empty() && !is_known_set(data) && !fs::is_directory(data, ignored))
      throw DataError(fmt::format("{}: data: the folder {} does not exist", file, data));
  }
}

}  // namespace chandelier

#include "program/study_folder.hpp"

#include <fmt/format.h>

#include "base/error.hpp"

namespace chandelier {

namespace fs = std::filesystem;

StudyPlace study_place(const std::string& file_or_folder, const std::string& out) {
  const fs::path named = file_or_folder;
  std::error_code ignored;
  if (!fs::is_directory(named, ignored))
    return {read_study_plan(named), out.empty() ? fs::path("results") / named.stem() : fs::path(out)};
  if (!out.empty())
    throw SettingError(fmt::format(
        "--out {} says where the study of a plan lies, but {} is a folder; name one of the two", out, file_or_folder));
  if (!fs::exists(named / "study.toml", ignored))
    throw DataError(fmt::format("{}: this folder has no study.toml, so it is not a study's", file_or_folder));
  return {read_study_plan(named / "study.toml"), named};
}

}  // namespace chandelier

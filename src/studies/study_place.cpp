#include "studies/study_place.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/error.hpp"
#include "data/dataset.hpp"
#include "studies/study_rules.hpp"

namespace chandelier {

namespace fs = std::filesystem;

fs::path study_folder_of(const fs::path& plan_file, const std::string& out) {
  return out.empty() ? fs::path("results") / plan_file.stem() : fs::path(out);
}

StudyPlan plan_in(const fs::path& plan_file, const fs::path& study_folder) {
  std::optional<StudyRules> rules = read_rules(study_folder);
  if (rules) know_rules(*rules, study_folder);
  StudyPlan plan = read_study_plan(plan_file);
  plan.rules = std::move(rules);
  return plan;
}

StudyPlace study_place(const std::string& file_or_folder, const std::string& out) {
  const fs::path named = file_or_folder;
  std::error_code ignored;
  if (!fs::is_directory(named, ignored)) {
    const fs::path folder = study_folder_of(named, out);
    return {plan_in(named, folder), folder};
  }
  if (!out.empty())
    throw SettingError(fmt::format(
        "--out {} sets the folder for the study of a plan, but {} is a folder itself; give only one of the two", out,
        file_or_folder));
  if (!fs::exists(named / "study.toml", ignored))
    throw DataError(
        fmt::format("{}: this folder has no study.toml, so it is not the folder of a study", file_or_folder));
  return {plan_in(named / "study.toml", named), named};
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

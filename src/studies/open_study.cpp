#include "studies/open_study.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <system_error>

#include "base/error.hpp"
#include "base/files.hpp"
#include "studies/leases.hpp"
#include "studies/left_out.hpp"
#include "studies/plan_change.hpp"
#include "studies/study_results.hpp"
#include "training/run_folder.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;
using Results = std::vector<StudyResult>;
using Note = std::function<void(const std::string&)>;

constexpr std::size_t kMostNamed = 5;

bool holds_another_plan(const fs::path& folder, const StudyPlan& plan) {
  const fs::path path = folder / "study.toml";
  try {
    return fs::exists(path) && read_file(path, kLargestToml) != plan.text;
  } catch (const DataError&) {
    return true;
  }
}

/// Makes sure that no other process works in the folder, as two plans in one folder would conflict.
void check_nobody_works_in(const fs::path& folder, const std::string& worker) {
  const auto other = other_worker(folder, worker);
  if (!other) return;
  const std::string gone = other->is_of_this_machine() ? ""
                                                       : fmt::format(" (if it has died on its machine, remove {})",
                                                                     (folder / "leases").string());
  throw SettingError(fmt::format(
      "{}: another process ({}) is running a different plan in this folder; stop it first{}, or choose another "
      "--out",
      folder.string(), other->name(), gone));
}

void check_folder(const fs::path& folder, const StudyPlan& plan, const std::string& worker) {
  if (!fs::is_directory(folder)) throw DataError(fmt::format("{}: this is not a folder", folder.string()));
  // In this order: a process that begins right now writes its rules, then its plan, then everything else.
  constexpr std::array<std::string_view, 2> kRules{"rules.py", "rules.json"};
  if (!is_empty_folder(folder, kRules) && !fs::exists(folder / "study.toml"))
    throw DataError(
        fmt::format("{}: the folder exists, but is not the folder of a study; choose another --out", folder.string()));
  if (holds_another_plan(folder, plan)) check_nobody_works_in(folder, worker);
}

void name_what_is_left_out(const StudyPlan& plan, const fs::path& folder, const Results& results, const Note& note) {
  std::size_t left_out = 0;
  for (const StudyResult& result : results) {
    if (result.status != "left out") continue;
    if (++left_out <= kMostNamed) note("left out: " + result.message);
  }
  if (left_out > kMostNamed) note(fmt::format("left out: {} more runs, for similar reasons", left_out - kMostNamed));
  if (left_out < results.size()) return;
  const StudyRun& first = plan.runs.front();
  const auto why = why_left_out(first, folder);
  const bool is_damaged = !why && study_result(first, folder).status == "left out";
  throw UserError(why ? why->code : ExitCode::data,
                  fmt::format("{}; none of the {} runs in this folder {}", results.front().message, results.size(),
                              is_damaged ? "can be used" : "belongs to the plan: choose another --out"));
}

/// Keeps study.toml, which is about to be replaced, under a second name. @returns this name.
std::string keep_plan_before(const fs::path& folder) {
  for (int number = 1;; ++number) {
    std::string name = fmt::format("study-{}.toml", number);
    std::error_code error;
    fs::create_hard_link(folder / "study.toml", folder / name, error);
    if (!error) return name;
    if (error != std::errc::file_exists)
      throw DataError(fmt::format("cannot keep {} as {}: {}", (folder / "study.toml").string(), name, error.message()));
  }
}

/// Writes the plan to the study folder, keeps the previous plan next to it, and reports how they differ.
void write_plan(const StudyPlan& plan, const fs::path& folder, const std::string& worker, const Results& results,
                const Note& note) {
  const fs::path path = folder / "study.toml";
  if (fs::exists(path)) {
    if (!holds_another_plan(folder, plan)) return;
    check_nobody_works_in(folder, worker);
    std::string change;
    try {
      change = plan_change(read_study_plan(path), plan);
      if (change.empty()) change = "no run differs";
    } catch (const UserError&) {
      change = "the previous plan cannot be read";
    }
    const auto count = [&](auto which) { return std::count_if(results.begin(), results.end(), which); };
    const auto left_out = count([](const StudyResult& result) { return result.status == "left out"; });
    const auto missing = count([](const StudyResult& result) { return result.status == "missing"; });
    const auto here = static_cast<std::ptrdiff_t>(results.size()) - missing;
    const std::string kept = keep_plan_before(folder);
    note(fmt::format(
        "the plan has changed: {}; runs that match: {}, left out: {}, missing: {}; the previous plan is kept "
        "as {}",
        change, here - left_out, left_out, missing, kept));
  }
  write_atomically(path, plan.text);
}

}  // namespace

std::vector<StudyResult> open_study(const StudyPlan& plan, const Datasets& datasets, const fs::path& folder,
                                    const std::string& worker, const Note& note) {
  if (fs::exists(folder)) {
    check_folder(folder, plan, worker);
    check_rules(plan.rules, folder);
  }
  Results results;
  for (const StudyRun& run : plan.runs) results.push_back(result_in(folder, run, *dataset_of(run.settings, datasets)));
  name_what_is_left_out(plan, folder, results, note);
  create_folder(folder);
  remove_leftovers(folder);
  if (plan.rules) keep_rules(*plan.rules, folder);  // first, as the plan cannot be read without their names
  write_plan(plan, folder, worker, results, note);
  create_folder(folder / "runs");
  return results;
}

StudyResult result_in(const fs::path& study_folder, const StudyRun& run, const Dataset& dataset) {
  StudyResult result = study_result(run, study_folder);
  if (result.status == "missing" || result.status == "left out") return result;
  try {
    check_same_data(study_folder / run.folder, dataset);
  } catch (const ReadError&) {
    // The file may be intact; the run itself will report what is wrong.
  } catch (const DataError& error) {
    result = {.run = run, .status = "left out", .message = error.what()};
  }
  return result;
}

}  // namespace chandelier

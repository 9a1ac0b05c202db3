// chandelier study cancel: cancels the array jobs of a study in Slurm.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <vector>

#include "base/error.hpp"
#include "program/output.hpp"
#include "program/verbs.hpp"
#include "studies/slurm.hpp"
#include "studies/study_place.hpp"

namespace chandelier {
namespace {

class StudyCancel final : public Verb {
 public:
  explicit StudyCancel(CLI::App& study) : app_(study.add_subcommand("cancel", "Cancel the Slurm jobs of a study.")) {
    app_->add_option("STUDY", named_, "The plan of the study (TOML) or its folder.")->required();
    app_->add_option("--out", out_, "Folder of the study.\nDefault: results/<name of the plan>.")->type_name("FOLDER");
    app_->footer(
        "\nRunning tasks save a checkpoint of each run and stop. Continue with study submit\n"
        "or study run.");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const std::filesystem::path folder = study_place(named_, out_).folder;
    const std::vector<std::string> submitted = array_jobs_of(folder);
    if (submitted.empty())
      throw DataError(
          fmt::format("{}: no array job was submitted for this study, so there is none to cancel", folder.string()));
    std::vector<std::string> active;
    for (const SlurmTask& task : queued_tasks(submitted))
      if (is_active(task) && std::find(active.begin(), active.end(), task.array_job) == active.end())
        active.push_back(task.array_job);
    if (active.empty()) {
      print("{}: none of the study's array jobs is still in the queue\n", folder.string());
      return static_cast<int>(ExitCode::finished);
    }
    cancel(active);
    for (const std::string& job : active) print("array job {} cancelled\n", job);
    print("the results so far stay in {}\n", folder.string());
    return static_cast<int>(ExitCode::finished);
  }

 private:
  CLI::App* app_;
  std::string named_, out_;
};

}  // namespace

std::unique_ptr<Verb> study_cancel_verb(CLI::App& study) { return std::make_unique<StudyCancel>(study); }

}  // namespace chandelier

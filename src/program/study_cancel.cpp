// chandelier study cancel: takes the array jobs of a study out of Slurm's queue.

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
  explicit StudyCancel(CLI::App& study)
      : app_(study.add_subcommand("cancel", "Cancels the array jobs of Slurm that study submit made.")) {
    app_->add_option("STUDY", named_, "The study's plan, a TOML file, or its folder.")->required();
    app_->add_option("--out", out_, "Folder of the study. Default: results/<name of the plan>.")->type_name("FOLDER");
    app_->footer(
        "\nRunning tasks stop with a checkpoint of each run. study submit, or study run, goes on with what is left.");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const std::filesystem::path folder = study_place(named_, out_).folder;
    const std::vector<std::string> submitted = array_jobs_of(folder);
    if (submitted.empty())
      throw DataError(fmt::format("{}: no array job was submitted for this study", folder.string()));
    std::vector<std::string> active;
    for (const SlurmTask& task : queued_tasks(submitted))
      if (is_active(task) && std::find(active.begin(), active.end(), task.array_job) == active.end())
        active.push_back(task.array_job);
    if (active.empty()) {
      print("{}: none of its array jobs is in the queue any more\n", folder.string());
      return static_cast<int>(ExitCode::finished);
    }
    cancel(active);
    for (const std::string& job : active) print("array job {} is cancelled\n", job);
    print("what its runs have done stays in {}\n", folder.string());
    return static_cast<int>(ExitCode::finished);
  }

 private:
  CLI::App* app_;
  std::string named_, out_;
};

}  // namespace

std::unique_ptr<Verb> study_cancel_verb(CLI::App& study) { return std::make_unique<StudyCancel>(study); }

}  // namespace chandelier

// chandelier study run: runs a study and prints its results.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "base/command.hpp"
#include "base/duration.hpp"
#include "base/error.hpp"
#include "base/machine.hpp"
#include "kernels/products.hpp"
#include "program/output.hpp"
#include "program/progress.hpp"
#include "program/stop_signal.hpp"
#include "program/verbs.hpp"
#include "report/plain_text.hpp"
#include "report/study_table.hpp"
#include "studies/slurm.hpp"
#include "studies/study_place.hpp"
#include "studies/study_rules.hpp"
#include "studies/study_words.hpp"
#include "training/network_builder.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class StudyRunVerb final : public Verb {
 public:
  StudyRunVerb(CLI::App& study, std::string program)
      : program_(std::move(program)),
        app_(study.add_subcommand("run", "Run or continue a study and print its results.")),
        jobs_(cores()) {
    app_->add_option("FILE", file_, "The plan of the study, a TOML file; or the folder\nof a study, to continue it.")
        ->required();
    app_->add_option("--out", out_, "Folder of the study.\nDefault: results/<name of the plan>.")->type_name("FOLDER");
    app_->add_option(
            "--jobs", jobs_,
            fmt::format("Runs to train at once, one per core.\nDefault: {}, the cores of this machine.", jobs_))
        ->type_name("N")
        ->check(CLI::Range(1, 4096));
    app_->add_option("--draws", draws_,
                     "Train only these draws of the plan, such as\n0-9 on one of several machines. Their tables\ncan "
                     "be joined: docs/studies.md, Share the work.")
        ->type_name("FIRST-LAST");
    app_->add_flag("--array-task", array_task_,
                   "For the array jobs of study submit: end when\nno free run is left, and queue this task "
                   "again\nwhen its time ends.");
    app_->footer(
        "\nA plan lists what varies and, in [settings], what all runs share (any setting of\n"
        "`chandelier train`):\n\n"
        "  conditions = [\"e-ln\", \"inorm\", \"inorm-full\"]\n"
        "  epsilons   = [0.75]\n"
        "  seeds      = 6                       # 0 ... 5, a list or \"by draw\"\n"
        "  compare    = [\"inorm-full - inorm\"]  # differences to test; default: those of\n"
        "                                       # the claims (docs/report.md)\n"
        "  [settings]\n"
        "  width  = 100\n"
        "  epochs = 3\n\n"
        "The same seed gives the same initial excitatory weights, order of images and\n"
        "jitter in every condition. Run the command again to continue an interrupted\n"
        "study: finished runs are skipped, and the results are bitwise identical.");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    outlive_readers();
    const auto [plan, folder] = study_place(file_, out_);
    if (array_task_) begin_of_task(folder);
    const DrawRange draws = draw_range(plan);
    check_rules(plan.rules, folder);
    check_data_folders(plan, file_);
    const Datasets datasets = load_datasets(plan);
    const int validation = plan.runs.front().settings.validation;
    for (const auto& [key, dataset] : datasets) print_notes(*dataset);
    for (const auto& [key, dataset] : datasets)
      print("{} on {} ({} training and {} test images), {} at once\n", file_, dataset->name,
            dataset->train.count - validation, dataset->test.count, jobs_);
    print("recorded in {}\n", folder.string());
    if (std::ranges::any_of(plan.runs,
                            [](const StudyRun& run) { return precision_of(run.settings) == Precision::bf16; }))
      print("{}\n", bf16_in_words());

    StudyProgress progress(plan.draws.values.size() > 1);
    const auto results = run_study(plan, datasets, folder, jobs_, stop_request(), progress,
                                   array_task_ ? RunsOfOthers::leave : RunsOfOthers::wait, draws);
    progress.on_end();
    std::vector<StudyResult> chosen;
    std::ranges::copy_if(results, std::back_inserter(chosen),
                         [&](const StudyResult& result) { return draws.contains(result.run.draw); });
    if (stop_request().load() != 0 && !is_complete(chosen)) {
      if (array_task_) return end_of_task();
      std::vector<std::string> command{program_, "study", "run", file_};
      if (!fs::is_directory(file_)) command.insert(command.end(), {"--out", folder.string()});
      if (!draws_.empty()) command.insert(command.end(), {"--draws", draws_});
      if (app_->count("--jobs") > 0) command.insert(command.end(), {"--jobs", fmt::format("{}", jobs_)});
      print_error("stopped; continue with: {}\n", command_text(command));
      return exit_code_of_stop();
    }
    if (!is_complete(chosen)) return static_cast<int>(ExitCode::finished);  // other processes do the rest
    print("\n{}", study_table(chosen, plan.compare, plan.draws));
    if (!is_complete(results))
      print("\n{}", wrapped(fmt::format("These are only {} of {} runs of the plan. To join them with the others, use "
                                        "chandelier export, then study table with --runs.",
                                        chosen.size(), results.size())));
    throw_unless_all_ended(chosen);
    return static_cast<int>(ExitCode::finished);
  }

 private:
  /// @throws SettingError unless the plan has these draws
  DrawRange draw_range(const StudyPlan& plan) const {
    if (draws_.empty()) return {};
    const int last_of_plan = static_cast<int>(plan.draws.values.size()) - 1;
    const auto number = [](std::string_view text) {  // -1 if it is none
      int value = -1;
      const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), value);
      return error == std::errc() && rest == text.data() + text.size() ? value : -1;
    };
    const std::string_view text = draws_;
    const std::size_t dash = text.find('-');
    const int first = number(text.substr(0, dash));
    const int last = dash == std::string_view::npos ? first : number(text.substr(dash + 1));
    if (0 <= first && first <= last && last <= last_of_plan) return {first, last};
    throw SettingError(fmt::format("--draws: '{}' is not a range of draws such as 0-9; this plan has draws 0 to {}",
                                   draws_, last_of_plan));
  }

  /// @throws SettingError outside of an array task; DataError if another process is already running as this task.
  static void begin_of_task(const fs::path& folder) {
    if (array_task().empty())
      throw SettingError(
          "--array-task: this process is not a task of a Slurm array job (SLURM_ARRAY_JOB_ID and SLURM_ARRAY_TASK_ID "
          "are not set); use study submit to start such tasks");
    if (const auto other = worker_of_task(folder, array_task())) {
      if (other->is_of_this_machine())
        throw DataError(
            fmt::format("{}: array task {} was started twice; process {} on {} is already running it, so "
                        "this process ends and has changed nothing",
                        folder.string(), array_task(), other->process, other->host));
      print("array task {} was started before, on {}; its runs continue here after {} without a sign of life\n",
            array_task(), other->host, duration_text(std::chrono::duration<double>(Leases::kPatience).count()));
    }
    print("array task {} on {}, {}\n", array_task(), host_name(), cpu_name());
    flush_output();
  }

  /// Queues the task again, but only after SIGUSR1, with which Slurm announces the end of a task's time. A cancelled
  /// task must not come back.
  static int end_of_task() {
    if (stop_request().load() != SIGUSR1) {
      print_error("stopped; continues when Slurm restarts this task, or with study submit\n");
      return exit_code_of_stop();
    }
    print("the time limit of this task is near: it is queued again to continue the remaining runs\n");
    flush_output();
    requeue(array_task());
    return exit_code_of_stop();
  }

  std::string program_;
  CLI::App* app_;
  std::string file_, out_, draws_;
  int jobs_;
  bool array_task_ = false;
};

}  // namespace

std::unique_ptr<Verb> study_run_verb(CLI::App& study, const std::string& program) {
  return std::make_unique<StudyRunVerb>(study, program);
}

}  // namespace chandelier

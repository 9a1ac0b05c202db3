// chandelier study run: many runs, and what follows from them.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <thread>
#include <utility>

#include "base/error.hpp"
#include "program/command_text.hpp"
#include "program/progress.hpp"
#include "program/stop_signal.hpp"
#include "program/verbs.hpp"
#include "report/finding.hpp"
#include "report/study_table.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class StudyRunVerb final : public Verb {
 public:
  StudyRunVerb(CLI::App& study, std::string program)
      : program_(std::move(program)),
        app_(study.add_subcommand("run", "Runs a study, or what is left of it, and says what follows.")),
        jobs_(static_cast<int>(std::max(1U, std::thread::hardware_concurrency()))) {
    app_->add_option("FILE", file_, "The study's plan, a TOML file.")->required();
    app_->add_option("--out", out_, "Folder of the study. Default: results/<name of FILE>.")->type_name("FOLDER");
    app_->add_option("--jobs", jobs_,
                     fmt::format("Runs at once, one a core. Default: {}, the cores of this machine.", jobs_))
        ->type_name("N")
        ->check(CLI::Range(1, 4096));
    app_->footer(
        "\nA plan names what varies, and under [settings] what all runs share (the settings of `chandelier train`):\n\n"
        "  conditions = [\"e-ln\", \"inorm\", \"inorm-full\"]\n"
        "  epsilons   = [0.75]\n"
        "  seeds      = 6          # 0 ... 5; or a list\n"
        "  [settings]\n"
        "  width  = 100\n"
        "  epochs = 3\n\n"
        "The same seed gives the same initial excitatory weights, order of images and jitter in every condition.\n"
        "Started again, it skips what is finished and continues the rest, to the same bits.");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const StudyPlan plan = read_study_plan(file_);
    const fs::path folder = out_.empty() ? fs::path("results") / fs::path(file_).stem() : fs::path(out_);
    const Settings& settings = plan.runs.front().settings;
    const auto dataset = load_dataset(settings.data, settings.classes);
    fmt::print("{} on {} ({} training and {} test images), {} at once\nrecorded in {}\n", file_, dataset->name,
               dataset->train.count - settings.validation, dataset->test.count, jobs_, folder.string());

    StudyProgress progress;
    const auto results = run_study(plan, dataset, folder, jobs_, stop_request(), progress);
    const bool complete = std::all_of(results.begin(), results.end(), [](const StudyResult& result) {
      return result.status == "finished" || result.status == "diverged";
    });
    if (stop_request().load() != 0 && !complete) {
      fmt::print(stderr, "stopped; start it again to continue: {}\n",
                 command_text({program_, "study", "run", file_, "--out", folder.string()}));
      return exit_code_of_stop();
    }
    fmt::print("\n{}", study_table(results));
    if (const std::string sentence = finding(results); !sentence.empty()) fmt::print("\n{}\n", sentence);
    const auto has_failed = [](const StudyResult& result) {
      return result.status != "finished" && result.status != "diverged";
    };
    if (const auto first = std::find_if(results.begin(), results.end(), has_failed); first != results.end())
      throw DataError(
          fmt::format("{} of {} runs failed (all named above, the first: {}); start the study again to "
                      "try them once more",
                      std::count_if(first, results.end(), has_failed), results.size(), first->message));
    return static_cast<int>(ExitCode::finished);
  }

 private:
  std::string program_;
  CLI::App* app_;
  std::string file_, out_;
  int jobs_;
};

}  // namespace

std::unique_ptr<Verb> study_run_verb(CLI::App& study, const std::string& program) {
  return std::make_unique<StudyRunVerb>(study, program);
}

}  // namespace chandelier

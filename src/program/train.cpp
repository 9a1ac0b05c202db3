// chandelier train: trains one network.

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <utility>

#include "base/command.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "kernels/products.hpp"
#include "program/output.hpp"
#include "program/progress.hpp"
#include "program/setting_flags.hpp"
#include "program/stop_signal.hpp"
#include "program/verbs.hpp"
#include "training/network_builder.hpp"
#include "training/run_folder.hpp"
#include "training/run_training.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class Train final : public Verb {
 public:
  Train(CLI::App& app, std::string program)
      : program_(std::move(program)),
        app_(app.add_subcommand("train", "Train one network and record it in a folder.")),
        flags_(*app_) {
    app_->add_option("--out", out_, "Folder of the run. Default:\nresults/<condition>-eps<epsilon>-seed<seed>.")
        ->type_name("RUN_FOLDER")
        ->group("Where it is recorded");
    app_->add_flag("--resume", resume_,
                   "Continue the run in --out with its settings.\nOnly --epochs (more), --data (where the same\nfiles "
                   "are now), --keep-checkpoint and\n--tensorboard may change.")
        ->group("Where it is recorded");
    app_->footer(
        "\nThe folder of a run contains config.toml (all settings, valid for --config),\n"
        "metrics.csv (one row per epoch), run.json (status, version, machine, result),\n"
        "weights.safetensors, test_predictions.safetensors and, until the run has\n"
        "finished, checkpoint.safetensors.\n\n"
        "Exit codes: 0 finished, 1 a problem with data or files, 2 wrong settings,\n"
        "3 diverged, 130, 138 or 143 stopped by a signal (--resume continues).\n\n"
        "Example:  chandelier train --condition inorm-full --epsilon 0.75 \\\n"
        "            --epochs 5 --out results/first");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    outlive_readers();
    const bool from_folder = resume_ && !out_.empty() && fs::exists(fs::path(out_) / "config.toml");
    const Settings settings =
        from_folder && !flags_.config() ? recorded_settings(out_, flags_.given()) : flags_.settings();
    fs::path folder = out_.empty() ? default_folder(settings) : fs::path(out_).lexically_normal();
    if (!folder.has_filename()) folder = folder.parent_path();  // it ended with a /
    if (resume_ && !fs::exists(folder))
      throw DataError(fmt::format("{}: there is no run to continue; start it without --resume", folder.string()));
    if (fs::exists(folder) && !resume_)
      throw DataError(
          fmt::format("{}: the folder exists; continue it with --resume or choose another --out", folder.string()));
    const auto dataset = load_dataset(settings.data, settings.classes);
    check_against_data(settings, *dataset);
    print_notes(*dataset);
    print("{} on {}: {} training and {} test images\nrecorded in {}\n",
          settings.condition.empty() ? settings.circuit : settings.condition, dataset->name,
          dataset->train.count - settings.validation, dataset->test.count, folder.string());
    if (precision_of(settings) == Precision::bf16) print("{}\n", bf16_in_words());
    TrainingProgress progress(settings.epochs);
    if (folder.has_parent_path()) create_folder(folder.parent_path());
    const RunRecord record = run_training(settings, dataset, folder, resume_, stop_request(), progress);
    return report(record, folder);
  }

 private:
  static fs::path default_folder(const Settings& settings) {
    return fs::path("results") / fmt::format("{}-eps{}-seed{}",
                                             settings.condition.empty() ? settings.circuit : settings.condition,
                                             settings.epsilon, settings.seed);
  }

  int report(const RunRecord& record, const fs::path& folder) const {
    if (record.status == "stopped") {
      print_error("stopped; continue with: {}\n",
                  command_text({program_, "train", "--resume", "--out", folder.string()}));
      return exit_code_of_stop();
    }
    if (record.status == "diverged") {
      print_error("chandelier: the run diverged: {}; everything recorded so far is in {}; try a smaller --lr\n",
                  record.message, folder.string());
      return static_cast<int>(ExitCode::diverged);
    }
    print("finished: test accuracy {:.2f} %, test loss {:.4f}\n", 100 * record.test_accuracy.value_or(0),
          record.test_loss.value_or(0));
    return static_cast<int>(ExitCode::finished);
  }

  std::string program_;
  CLI::App* app_;
  SettingFlags flags_;
  std::string out_;
  bool resume_ = false;
};

}  // namespace

std::unique_ptr<Verb> train_verb(CLI::App& app, const std::string& program) {
  return std::make_unique<Train>(app, program);
}

}  // namespace chandelier

// chandelier study submit: submits the runs of a study to Slurm, as an array job.

#include <fmt/format.h>
#include <sys/vfs.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <vector>

#include "base/command.hpp"
#include "base/counted.hpp"
#include "base/duration.hpp"
#include "base/error.hpp"
#include "base/files.hpp"
#include "program/output.hpp"
#include "program/verbs.hpp"
#include "report/plain_text.hpp"
#include "studies/estimate.hpp"
#include "studies/open_study.hpp"
#include "studies/slurm.hpp"
#include "studies/slurm_script.hpp"
#include "studies/study_place.hpp"
#include "studies/study_results.hpp"
#include "studies/study_rules.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// Whether other machines probably do not see a folder: it is in memory or among temporary files.
bool is_of_this_machine_alone(const fs::path& folder) {
  constexpr long kTmpfs = 0x01021994, kRamfs = 0x858458f6;
  fs::path above = folder;
  std::error_code error;
  while (!fs::exists(above, error) && above.has_relative_path()) above = above.parent_path();
  struct statfs system {};
  if (statfs(above.c_str(), &system) == 0 && (system.f_type == kTmpfs || system.f_type == kRamfs)) return true;
  return std::any_of(folder.begin(), folder.end(), [](const fs::path& part) { return part == "tmp"; });
}

/// The contents of a study's folder before submission.
///
/// Tasks may start while sbatch is still running, so the folder is prepared first, and restored if sbatch refuses the
/// job. (sbatch --test-only would tell in advance, but it also refuses jobs that would only have to wait, for example
/// while all nodes are down.)
class FolderBefore {
 public:
  explicit FolderBefore(fs::path folder) : folder_(std::move(folder)) {
    std::error_code error;
    for (fs::directory_iterator entry(folder_, error), end; !error && entry != end; entry.increment(error))
      there_.insert(entry->path().filename());
    for (fs::path path = folder_; !path.empty() && !fs::exists(path, error); path = path.parent_path())
      missing_.push_back(path);
  }

  void put_back() const {
    std::error_code ignored;
    std::vector<fs::path> kept_plans;
    for (fs::directory_iterator entry(folder_, ignored), end; !ignored && entry != end; entry.increment(ignored))
      if (const std::string name = entry->path().filename(); name.starts_with("study-") && !there_.contains(name))
        kept_plans.push_back(entry->path());
    if (kept_plans.size() == 1) fs::rename(kept_plans.front(), folder_ / "study.toml", ignored);
    for (const char* name : {"slurm", "runs"})
      if (!there_.contains(name)) fs::remove(folder_ / name, ignored);  // fails unless empty
    if (!there_.contains("study.toml") && !fs::exists(folder_ / "runs", ignored))
      fs::remove(folder_ / "study.toml", ignored);
    for (const fs::path& folder : missing_) fs::remove(folder, ignored);
  }

 private:
  fs::path folder_;
  std::set<std::string> there_;
  std::vector<fs::path> missing_;  ///< the folder and its parents that did not exist, innermost first
};

class StudySubmit final : public Verb {
 public:
  StudySubmit(CLI::App& study, std::string program)
      : program_(std::move(program)), app_(study.add_subcommand("submit", "Run a study on a cluster, with Slurm.")) {
    app_->add_option("STUDY", named_, "The plan of the study (TOML) or its folder.")->required();
    app_->add_option("--out", out_, "Folder of the study.\nDefault: results/<name of the plan>.")->type_name("FOLDER");
    app_->add_flag("--dry-run", dry_run_, "Print the script without submitting it.");
    const auto passed_on = [&](const std::string& name, const std::string& type, const std::string& help) {
      app_->add_option_function<std::string>(
              "--" + name, [this, name](const std::string& value) { flags_.emplace_back(name, value); }, help)
          ->type_name(type)
          ->group("Slurm (these override the table [slurm] of the plan)");
    };
    passed_on("partition", "NAME", "Partition to run in.");
    passed_on("account", "NAME", "Account to charge.");
    passed_on("constraint", "FEATURES", "Required features of the nodes.");
    passed_on("time", "TIME",
              fmt::format("Time limit of a task. Its runs then continue\nin another. Default: {}.", kUsualTime));
    passed_on("mem", "SIZE", "Memory of a task. Default: what its runs need.");
    passed_on("cpus-per-task", "N", "Runs to train at once in a task. Default: 1.");
    app_->add_option("--tasks", tasks_, "Tasks in the array.\nDefault: chosen from the estimated time.")
        ->type_name("N")
        ->group("Slurm (these override the table [slurm] of the plan)");
    app_->add_option("--sbatch", others_, "Any other long option of sbatch, for example\nqos=high. May be repeated.")
        ->type_name("NAME[=VALUE]")
        ->take_all()
        ->allow_extra_args(false)
        ->group("Slurm (these override the table [slurm] of the plan)");
    app_->footer(
        "\nEach task takes runs that no other process is working on. Shortly before its\n"
        "time limit, a task saves a checkpoint of its runs and queues itself again. All\n"
        "nodes must see the folder of the study. Options in a plan:\n\n"
        "  [slurm]\n"
        "  partition     = \"short\"\n"
        "  time          = \"2:00:00\"\n"
        "  cpus_per_task = 8\n"
        "  tasks         = 20\n"
        "  qos           = \"high\"      # any option of sbatch\n\n"
        "Then use `chandelier study status STUDY` and `chandelier study cancel STUDY`.\n"
        "More: docs/slurm.md.");
  }

  bool chosen() const override { return app_->parsed(); }

  int run() override {
    const StudyPlace place = study_place(named_, out_);
    check_rules(place.plan.rules, place.folder);
    const SlurmOptions options = options_of(place.plan);
    check_data_folders(place.plan, named_);
    if (!dry_run_) check_slurm();
    const Datasets datasets = load_datasets(place.plan);
    const SlurmArray array = array_of(place, options, datasets);
    if (array.runs == 0) {
      print("{}: nothing left to do, so nothing was submitted\n", place.folder.string());
      return static_cast<int>(ExitCode::finished);
    }
    const std::string script = slurm_script(array);
    if (dry_run_) {
      print("{}", script);
      return static_cast<int>(ExitCode::finished);
    }
    const std::vector<SlurmTask> others = queued_tasks(array_jobs_of(place.folder));
    const FolderBefore before(place.folder);
    std::string notes;  // printed only if the folder is not restored
    open_study(place.plan, datasets, place.folder, "", [&](const std::string& note) { notes += note + "\n"; });
    create_folder(slurm_folder(place.folder));
    const std::string job = submitted(script, array, before);
    print("{}", notes);
    write_atomically(slurm_folder(place.folder) / (job + ".sh"), script);
    report(job, array, others, place.folder);
    return static_cast<int>(ExitCode::finished);
  }

 private:
  SlurmOptions options_of(const StudyPlan& plan) const {
    SlurmOptions options = plan.slurm;
    for (const auto& [name, value] : flags_) options.give(name, value, "--" + name);
    for (const std::string& other : others_) {
      const std::size_t equals = other.find('=');
      options.give(other.substr(0, equals), equals == std::string::npos ? "" : other.substr(equals + 1), "--sbatch");
    }
    if (app_->count("--tasks") > 0) options.give_tasks(tasks_, "--tasks");
    return options;
  }

  static SlurmArray array_of(const StudyPlace& place, const SlurmOptions& options, const Datasets& datasets) {
    SlurmArray array;
    array.study_folder = fs::absolute(place.folder).lexically_normal();
    if (!array.study_folder.has_filename()) array.study_folder = array.study_folder.parent_path();
    array.program = fs::read_symlink("/proc/self/exe");
    array.working_folder = fs::current_path();
    array.job_name = array.study_folder.filename();
    array.options = options;
    const std::vector<StudyResult> there = study_results(place.plan, place.folder);
    const std::vector<RunEstimate> estimates = estimate_runs(place.plan, datasets);
    std::uint64_t largest = 0;
    for (std::size_t i = 0; i < there.size(); ++i) {
      if (is_done(there[i], place.plan, place.folder) || there[i].status == "left out") continue;
      ++array.runs;
      if (has_ended(there[i])) continue;  // only its evaluation is left
      array.seconds += estimates[i].seconds;
      array.longest_seconds = std::max(array.longest_seconds, estimates[i].seconds);
      largest = std::max(largest, estimates[i].memory);
    }
    std::uint64_t images = 0;
    for (const auto& [key, dataset] : datasets) images += dataset->train.pixels.size() + dataset->test.pixels.size();
    constexpr double kReserve = 2;
    array.memory = static_cast<std::uint64_t>(
        kReserve * static_cast<double>(images + largest * static_cast<std::uint64_t>(options.cpus_per_task())));
    array.tasks = tasks_of_array(array.seconds, array.runs, options);
    return array;
  }

  /// @throws DataError with the message of sbatch if it refuses. The folder is then restored.
  static std::string submitted(const std::string& script, const SlurmArray& array, const FolderBefore& before) {
    try {
      return submit(script, sbatch_options(array));
    } catch (const DataError& error) {
      before.put_back();
      if (array.options.tasks || array.tasks == 1) throw;
      throw DataError(fmt::format("{}; the array has {} tasks by the estimated time, use --tasks for fewer",
                                  error.what(), array.tasks));
    }
  }

  void report(const std::string& job, const SlurmArray& array, const std::vector<SlurmTask>& queued,
              const fs::path& folder) const {
    print("array job {}: {} for {}, about {} on one core of this machine\n", job,
          counted(static_cast<std::size_t>(array.tasks), "task"), counted(array.runs, "run"),
          duration_text(array.seconds));
    if (array.longest_seconds > array.options.seconds())
      print("the longest run takes about {}, longer than a task: it continues from task to task\n",
            duration_text(array.longest_seconds));
    if (std::ranges::any_of(queued, is_active))
      print("other array jobs of this study are in the queue; all share its runs\n");
    if (is_of_this_machine_alone(array.study_folder))
      print("{} may exist only on this machine; check that the nodes see it\n", folder.string());
    print("script and logs of its tasks: {}\n", slurm_folder(folder).string());
    const auto command = [&](const std::string& verb) {
      return command_text({program_, "study", verb, folder.string()});
    };
    print("show progress: {}\ncancel:        {}\n", command("status"), command("cancel"));
  }

  std::string program_;
  CLI::App* app_;
  std::string named_, out_;
  std::vector<std::pair<std::string, std::string>> flags_;
  std::vector<std::string> others_;
  std::int64_t tasks_ = 0;
  bool dry_run_ = false;
};

}  // namespace

std::unique_ptr<Verb> study_submit_verb(CLI::App& study, const std::string& program) {
  return std::make_unique<StudySubmit>(study, program);
}

}  // namespace chandelier

// The Slurm commands and an array task without Slurm: their messages, and that they change nothing.

#include <gtest/gtest.h>

#include <csignal>
#include <map>
#include <optional>

#include "base/machine.hpp"
#include "environment_variable.hpp"
#include "studies/leases.hpp"
#include "studies/slurm.hpp"
#include "study_runs.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// Makes this process and its children a task of an array job.
struct AsTask {
  explicit AsTask(const std::string& task) : index("SLURM_ARRAY_TASK_ID", task) {}
  EnvironmentVariable job{"SLURM_ARRAY_JOB_ID", "17"}, index;
};

class SlurmVerbs : public StudyTest {
 protected:
  SlurmVerbs() : StudyTest({.train = 2000, .test = 100, .rows = 8, .columns = 8}) { fs::create_directory(commands()); }

  fs::path commands() const { return folder_ / "commands"; }
  /// Replaces a Slurm command by a script.
  void command(const std::string& name, const std::string& script) const {
    write_plain(commands() / name, "#!/bin/sh\n" + script + "\n");
    fs::permissions(commands() / name, fs::perms::owner_all);
  }
  std::string path() const { return commands().string() + ":/bin:/usr/bin"; }

  void plan_runs(int seeds, int epochs, const std::string& end = "") const {
    plan_of("conditions = [\"e-ln\"]\nseeds = " + std::to_string(seeds),
            "epochs = " + std::to_string(epochs) + "\nwidth = 20\nmeasure = \"none\"\n" + end);
  }
  std::vector<std::string> submit(const std::string& flags) const {
    return words("study submit " + (folder_ / "plan.toml").string() + " --out " + run("study").string() + " " + flags);
  }
  std::vector<std::string> task() const { return study("study", "--jobs 1 --array-task"); }
};

TEST_F(SlurmVerbs, NeedSlurm) {
  plan_runs(1, 1);
  const EnvironmentVariable path("PATH", commands());
  expect_refused(submit(""), 1,
                 "sbatch: command not found; submit from a login node of a cluster that runs "
                 "Slurm, or use study run on this machine");
  EXPECT_FALSE(fs::exists(run("study")));
  finish_study("study");
  expect_refused(words("study cancel " + run("study").string()), 1, "no array job was submitted for this study");
  fs::create_directory(run("study") / "slurm");
  write_plain(run("study") / "slurm" / "17.sh", "");
  expect_refused(words("study cancel " + run("study").string()), 1, "squeue: command not found");
  const Outcome status = run_program({"study", "status", run("study")});
  EXPECT_EQ(status.code, 0);
  EXPECT_TRUE(names(status.out, "squeue: command not found"));
  EXPECT_TRUE(names(status.out, "so only the study folder was read"));
}

TEST_F(SlurmVerbs, ADryRunPrintsTheScriptAndChangesNothing) {
  plan_runs(3, 1, "[slurm]\npartition = \"short\"\ncpus_per_task = 2\n");
  const EnvironmentVariable path("PATH", commands());
  const Outcome outcome = run_program(submit("--dry-run --partition long --account lab --sbatch qos=high --tasks 3"));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("#!/bin/bash\n"));
  for (const char* line : {"# 3 runs of a study, ", "#SBATCH --partition=long\n", "#SBATCH --account=lab\n",
                           "#SBATCH --qos=high\n", "#SBATCH --array=0-2\n", "#SBATCH --cpus-per-task=2\n"})
    EXPECT_TRUE(names(outcome.out, line));
  EXPECT_FALSE(fs::exists(run("study")));
  expect_refused(submit("--dry-run --time soon"), 2, "--time: time is 'soon'");
  expect_refused(submit("--dry-run --sbatch array=1"), 2, "--sbatch: 'array' is set by study submit itself");
  expect_refused(submit("--dry-run --tasks 0"), 2, "--tasks: tasks is 0");
}

TEST_F(SlurmVerbs, WhatSlurmRefusesIsPassedOn) {
  plan_runs(1, 1);
  command("squeue", "exit 0");
  command("sbatch", "[ \"$1\" = --version ] || { echo 'sbatch: error: Batch job submission failed: no' >&2; exit 1; }");
  const EnvironmentVariable path("PATH", this->path());
  expect_refused(submit(""), 1, "sbatch refused: Batch job submission failed: no\n");
  EXPECT_FALSE(fs::exists(run("study")));
  expect_refused(words("study submit " + (folder_ / "plan.toml").string() + " --out " + (run("a") / "b/c/").string()),
                 1, "sbatch refused: ");
  EXPECT_FALSE(fs::exists(run("a")));
}

TEST_F(SlurmVerbs, AStudyIsAsItWasWhereSlurmRefuses) {
  plan_runs(1, 1);
  finish_study("study");
  command("squeue", "exit 0");
  command("sbatch", "[ \"$1\" = --version ] || { echo 'sbatch: error: no' >&2; exit 1; }");
  const EnvironmentVariable path("PATH", this->path());
  const auto there = [&] {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator(run("study")))
      files[entry.path()] = entry.is_directory() ? "" : bytes_of(entry.path());
    return files;
  };
  const auto before = there();
  plan_runs(2, 1);
  expect_refused(submit(""), 1, "sbatch refused: no\n");
  EXPECT_EQ(there(), before);
}

TEST_F(SlurmVerbs, AnArrayThatIsTooLargeIsToldHowToBeSmaller) {
  plan_runs(4, 100'000, "[slurm]\ntime = 1\n");
  command("squeue", "exit 0");
  command("sbatch", "[ \"$1\" = --version ] || { echo 'sbatch: error: Invalid job array specification' >&2; exit 1; }");
  const EnvironmentVariable path("PATH", this->path());
  expect_refused(submit(""), 1,
                 "sbatch refused: Invalid job array specification; the array has 4 tasks by the estimated time, use "
                 "--tasks for fewer");
  expect_refused(submit("--tasks 3"), 1, "sbatch refused: Invalid job array specification\n");
}

TEST_F(SlurmVerbs, OptionsStandOnTheCommandLineAndTheNumberInTheLastLine) {
  plan_runs(1, 1);
  command("squeue", "exit 0");
  command("sbatch", "[ \"$1\" = --version ] && exit; printf '%s\\n' \"$@\" \"wait=$SBATCH_WAIT\" > " +
                        (folder_ / "asked").string() + "; echo 'Welcome to Venus!'; echo; echo '17;venus'");
  const EnvironmentVariable path("PATH", this->path()), wait("SBATCH_WAIT", "1");
  const Outcome outcome = run_program(submit("--time 5 --sbatch qos=high"));
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(outcome.out.starts_with("array job 17: 1 task for 1 run, "));
  const std::string asked = bytes_of(folder_ / "asked");
  for (const char* line : {"--parsable\n", "\n--time=5\n", "\n--qos=high\n", "\n--requeue\n", "\nwait=\n"})
    EXPECT_TRUE(names(asked, line));
  EXPECT_TRUE(names(bytes_of(run("study") / "slurm" / "17.sh"), "#SBATCH --qos=high\n"));
}

TEST_F(SlurmVerbs, AnAnswerWithoutANumberIsShown) {
  plan_runs(1, 1);
  command("squeue", "exit 0");
  command("sbatch", "echo 'no number'");
  const EnvironmentVariable path("PATH", this->path());
  const Outcome outcome = run_program(submit(""));
  EXPECT_EQ(outcome.code, 1);
  EXPECT_TRUE(names(outcome.err, "instead of a job number; check with squeue whether it submitted a job"));
}

TEST_F(SlurmVerbs, StatusJoinsQueueAndAccounting) {
  plan_runs(1, 1);
  finish_study("study");
  fs::create_directory(run("study") / "slurm");
  for (const char* file : {"9.sh", "12.sh", "17.sh", "17_0.log", "18.sh", "20_3.log", "21.sh"})
    write_plain(run("study") / "slurm" / file, "");
  EXPECT_EQ(array_jobs_of(run("study")), (std::vector<std::string>{"9", "12", "17", "18", "20", "21"}));
  command("squeue",
          "echo '17|0|RUNNING|None|n1'; echo '17|4-7,9%2|PENDING|Resources|'; echo '17|3|NODE_FAIL|None|n2'\n"
          "echo '18|0|CONFIGURING|None|n1'; echo '21|0-3%2|CANCELLED|None|'");
  command("sacct",
          "[ \"$5\" = --jobs=9,12,17,18,20,21 ] || exit 1\n"
          "echo '9_0|COMPLETED|n1'; echo '9_1|CANCELLED by 1000|n1'; echo '9_[2-4]|CANCELLED by 1000|None assigned'\n"
          "echo '12|CANCELLED by 1000|None assigned'; echo '21|CANCELLED by 1000|None assigned'\n"
          // Tasks 1 and 2 ended so long ago that the queue no longer lists them.
          "echo '17_0|RUNNING|n1'; echo '17_1|COMPLETED|n1'; echo '17_2|COMPLETED|n2'; echo '17_3|NODE_FAIL|n2'\n"
          "echo '17_[4-7,9%2]|PENDING|None assigned'; echo '18|PENDING|None assigned'");
  const EnvironmentVariable path("PATH", this->path());
  const std::string joined = run_program({"study", "status", run("study")}).out;
  EXPECT_TRUE(names(joined, "  array job 9: 4 cancelled, 1 completed\n    none of its tasks has written a log"));
  EXPECT_TRUE(names(joined, ": can the nodes see this folder?\n  array job 12: cancelled\n  array job 17: "));
  EXPECT_TRUE(names(joined, "  array job 17: 2 completed, 1 node fail, 5 pending (Resources), 1 running\n"));
  EXPECT_TRUE(names(joined, "  array job 18: 1 configuring\n  array job 20: no longer in the queue\n"));
  EXPECT_TRUE(names(joined, "  array job 21: 4 cancelled\n\n"));
  command("sacct", "echo 'Slurm accounting storage is disabled' >&2; exit 1");
  const std::string alone = run_program({"study", "status", run("study")}).out;
  EXPECT_TRUE(names(alone, "  array job 9: no longer in the queue\n    none of its tasks has written a log in "));
  EXPECT_TRUE(names(alone, ": it was cancelled before they began, or the nodes cannot see this folder\n"));
}

TEST_F(SlurmVerbs, ATaskIsStartedBySlurm) {
  plan_runs(1, 1);
  expect_refused(task(), 2, "--array-task: this process is not a task of a Slurm array job");
  EXPECT_FALSE(fs::exists(run("study")));
}

TEST_F(SlurmVerbs, ATaskThatWasStartedTwiceEnds) {
  plan_runs(2, 100'000);
  const AsTask as_task("3");
  Program first(task());
  ASSERT_TRUE(wait_until([&] { return first.ended() || runs_of_status("running").size() == 1; }));
  ASSERT_FALSE(first.ended());
  expect_refused(task(), 1,
                 run("study").string() + ": array task 17_3 was started twice; process " +
                     std::to_string(first.process()) + " on " + host_name() +
                     " is already running it, so this process ends and has changed nothing");
  EXPECT_EQ(runs("study").size(), 1U);
  EXPECT_FALSE(first.ended());
  first.signal(SIGKILL);
  first.wait();
  Program again(task());  // as if Slurm had queued the task again
  ASSERT_TRUE(wait_until([&] { return again.ended() || names(again.printed(), "the run continues here"); }));
  EXPECT_FALSE(again.ended());
}

TEST_F(SlurmVerbs, ATaskThatBeganOnAnotherMachineSaysWhenItsRunsGoOn) {
  plan_runs(1, 1);
  const AsTask as_task("3");
  Worker elsewhere = Worker::here();
  ASSERT_EQ(elsewhere.array_task, "17_3");
  elsewhere.host = "venus";
  elsewhere.boot = "another";
  fs::create_directories(run("study") / "leases");
  write_plain(run("study") / "study.toml", bytes_of(folder_ / "plan.toml"));
  write_plain(run("study") / "leases" / ("worker-" + elsewhere.id), elsewhere.text());
  const Outcome outcome = run_program(task());
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_TRUE(names(outcome.out,
                    "array task 17_3 was started before, on venus; its runs continue here after 60 s without "
                    "a sign of life"));
}

TEST_F(SlurmVerbs, ATaskQueuesItselfAgainAtUsr1AloneAndGoesOn) {
  plan_runs(1, 200);
  finish_study("local");
  command("scontrol", "echo \"$@\" >> " + (folder_ / "asked").string());
  const EnvironmentVariable path("PATH", this->path());
  const AsTask as_task("3");
  for (const int signal : {SIGTERM, SIGUSR1}) {
    Program program(task());
    const int before = epochs_done(run("study") / "runs" / "e-ln-eps0.75-draw0-seed0");
    ASSERT_TRUE(wait_until([&] {
      return program.ended() || epochs_done(run("study") / "runs" / "e-ln-eps0.75-draw0-seed0") > std::max(before, 0);
    }));
    program.signal(signal);
    EXPECT_EQ(program.wait().code, 128 + signal) << program.printed();
    EXPECT_EQ(runs_of_status("stopped").size(), 1U);
    EXPECT_EQ(fs::exists(folder_ / "asked"), signal == SIGUSR1);
  }
  EXPECT_EQ(bytes_of(folder_ / "asked"), "requeue 17_3\n");
  const Outcome outcome = run_program(task());
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  expect_same_studies("local", "study", 1);
}

TEST_F(SlurmVerbs, ATaskThatCannotBeQueuedAgainSaysSo) {
  plan_runs(1, 100'000);
  command("scontrol", "echo 'Job is not requeueable' >&2; exit 1");
  const EnvironmentVariable path("PATH", this->path());
  const AsTask as_task("3");
  Program program(task());
  ASSERT_TRUE(wait_until([&] { return program.ended() || runs_of_status("running").size() == 1; }));
  program.signal(SIGUSR1);
  expect_refusal(program.wait(), 1, {"scontrol refused: Job is not requeueable"});
  EXPECT_EQ(runs_of_status("stopped").size(), 1U);
}

TEST_F(SlurmVerbs, ATaskLeavesTheLastRunToAnother) {
  plan_runs(1, 100'000);
  std::optional<AsTask> as_task("3");
  Program first(task());
  ASSERT_TRUE(wait_until([&] { return first.ended() || runs_of_status("running").size() == 1; }));
  as_task.reset();
  as_task.emplace("4");
  const Outcome second = run_program(task());
  EXPECT_EQ(second.code, 0) << second.err;
  EXPECT_TRUE(names(second.out, "the last run is being trained by array task 17_3 on " + host_name() +
                                    "; there is nothing left to do here"));
  EXPECT_FALSE(first.ended());
}

}  // namespace
}  // namespace chandelier

// A study on a real Slurm: its array is interrupted in every way, shared, refused and cancelled, and its results equal
// those of a study on this machine.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <optional>
#include <set>

#include "environment_variable.hpp"
#include "slurm_cluster.hpp"
#include "studies/leases.hpp"
#include "study_runs.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class SlurmTest : public StudyTest {
 protected:
  SlurmTest() : StudyTest({.train = 4000, .test = 200, .rows = 8, .columns = 8}) {}

  void SetUp() override {
    if (const std::string refusal = SlurmCluster::refusal(); !refusal.empty()) GTEST_SKIP() << refusal;
    cluster_.emplace(folder_ / "cluster");
    ASSERT_TRUE(cluster_->is_up()) << cluster_->logs();
  }

  void plan_runs(int seeds, int epochs) const {
    plan_of("conditions = [\"e-ln\", \"inorm-full\"]\nseeds = " + std::to_string(seeds),
            "epochs = " + std::to_string(epochs) + "\nwidth = 20\nmomentum = 0.5\nmeasure = \"none\"\n");
  }

  Outcome submit(const std::string& flags, const std::string& name = "study") const {
    return run_program(
        words("study submit " + (folder_ / "plan.toml").string() + " --out " + run(name).string() + " " + flags));
  }
  /// @returns the array job.
  std::string submitted(const std::string& flags, const std::string& name = "study") const {
    const Outcome outcome = submit(flags, name);
    EXPECT_EQ(outcome.code, 0) << outcome.text();
    const std::string begin = "array job ";
    const std::size_t at = outcome.out.find(begin);
    if (at == std::string::npos) return "none";
    return outcome.out.substr(at + begin.size(), outcome.out.find(':', at) - at - begin.size());
  }
  std::string status(const std::string& name = "study") const {
    const Outcome outcome = run_program({"study", "status", run(name)});
    EXPECT_EQ(outcome.code, 0) << outcome.text();
    return outcome.out;
  }

  std::string log(const std::string& array_task) const {
    const fs::path path = run("study") / "slurm" / (array_task + ".log");
    return fs::exists(path) ? bytes_of(path) : "";
  }
  /// The number of times a task has begun.
  std::size_t beginnings(const std::string& array_task) const {
    const std::string text = log(array_task), sentence = "array task " + array_task + " on ";
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(sentence, at)) != std::string::npos; ++at) ++count;
    return count;
  }
  /// Whether a task has a run that it could continue.
  bool is_at_work(const std::string& array_task) const {
    for (const auto& [name, lease] : leases_in(run("study")))
      if (lease.worker.array_task == array_task && epochs_done(run("study") / "runs" / name) >= 1) return true;
    return false;
  }
  /// Suspends each task as soon as it works, so that none ends before the test has acted on it.
  void stop_at_work(std::vector<std::string> tasks) const {
    ASSERT_TRUE(eventually([&] {
      std::erase_if(tasks, [&](const std::string& task) {
        const bool is_it = is_at_work(task);
        if (is_it) cluster_->signal(task, SIGSTOP);
        return is_it;
      });
      return tasks.empty();
    })) << log(tasks.front())
        << cluster_->logs();
  }
  bool all_finished(std::size_t count) const { return runs_of_status("finished").size() == count; }
  static bool has_ended(const std::string& array_task) {
    const std::string state = SlurmCluster::state_of(array_task);
    return state == "COMPLETED" || state == "FAILED";
  }

  /// The tasks that trained a run, in order.
  std::vector<std::vector<std::string>> tasks_of_runs() const {
    std::vector<std::vector<std::string>> all;
    for (const fs::path& folder : runs("study")) {
      all.emplace_back();
      for (const Session& session : read_record(folder).sessions) all.back().push_back(session.array_task);
    }
    return all;
  }
  /// Whether a run of a task was taken over by another.
  bool was_followed(const std::string& array_task) const {
    return std::ranges::any_of(tasks_of_runs(), [&](const std::vector<std::string>& tasks) {
      return tasks.front() == array_task && tasks.back() != array_task;
    });
  }

  std::optional<SlurmCluster> cluster_;
};

TEST_F(SlurmTest, AnArrayIsKilledQueuedAgainAndOutOfTimeAndEndsWithTheSameBits) {
  plan_runs(2, 40);
  const std::string job = submitted("--tasks 3 --time 1");
  const std::string limited = job + "_0", killed = job + "_1", requeued = job + "_2";
  ASSERT_NO_FATAL_FAILURE(stop_at_work({limited, killed, requeued}));
  ASSERT_TRUE(eventually([&] { return cluster_->is_stopped(limited); }));
  EXPECT_TRUE(names(status(), "epoch "));
  EXPECT_TRUE(names(status(), "array task " + limited + " on cluster"));
  EXPECT_TRUE(names(status(), "array job " + job + ": 3 running"));

  cluster_->signal(killed, SIGKILL);
  ASSERT_TRUE(run_command({"scontrol", "requeue", requeued}).succeeded());
  finish_study("local");

  ASSERT_TRUE(eventually([&] { return !cluster_->is_stopped(limited); })) << cluster_->logs();
  EXPECT_EQ(log(limited).find("the time limit of this task is near"), std::string::npos);
  cluster_->signal(limited, SIGCONT);
  ASSERT_TRUE(eventually([&] { return all_finished(4); })) << status() << log(limited) << log(requeued);
  for (const std::string& task : {limited, killed, requeued})
    ASSERT_TRUE(eventually([&] { return has_ended(task); })) << task << " " << cluster_->state_of(task);

  expect_same_studies("local", "study", 4);
  EXPECT_FALSE(fs::exists(run("study") / "leases"));
  EXPECT_TRUE(names(log(limited),
                    "the time limit of this task is near: it is queued again to continue"
                    " the remaining runs"));
  EXPECT_GE(beginnings(limited), 2U) << log(limited);
  EXPECT_GE(beginnings(requeued), 2U) << log(requeued);  // its time limit may be reached, too
  EXPECT_EQ(beginnings(killed), 1U) << log(killed);
  EXPECT_TRUE(was_followed(killed));
  EXPECT_TRUE(names(log(limited) + log(requeued), "array task " + killed + " on cluster had this run and has ended"));
  EXPECT_TRUE(names(status(), "array job " + job + ": 2 completed, 1 failed"));

  const Outcome again = submit("");
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE(names(again.out, "nothing left to do, so nothing was submitted"));
}

TEST_F(SlurmTest, TwoArraysShareAStudyAndAFailedNodeIsFollowed) {
  plan_runs(2, 40);
  finish_study("local");
  const std::string first = submitted("--tasks 1 --sbatch nodelist=n1") + "_0";
  ASSERT_NO_FATAL_FAILURE(stop_at_work({first}));  // now, or it could finish all runs before the second begins
  const std::string second = submitted("--tasks 1 --sbatch nodelist=n2") + "_0";
  ASSERT_NO_FATAL_FAILURE(stop_at_work({second}));
  ASSERT_EQ(cluster_->node_of(second), "n2");
  cluster_->lose_node("n2");
  cluster_->signal(first, SIGCONT);
  ASSERT_TRUE(eventually([&] { return all_finished(4); })) << status() << log(first) << log(second);
  expect_same_studies("local", "study", 4);
  EXPECT_TRUE(was_followed(second));
  std::set<std::string> workers;
  for (const auto& tasks : tasks_of_runs()) workers.insert(tasks.front());
  EXPECT_EQ(workers, (std::set<std::string>{first, second}));
}

TEST_F(SlurmTest, WhatCannotRunIsSaidInASentence) {
  plan_runs(1, 1);
  expect_refusal(submit("--partition nowhere"), 1, {"sbatch refused: ", "invalid partition specified: nowhere"});
  EXPECT_FALSE(fs::exists(run("study")));

  expect_refusal(submit("--mem 10T"), 1, {"sbatch refused: ", "Requested node configuration is not available"});
  EXPECT_FALSE(fs::exists(run("study")));

  const std::string hidden = "cluster/hidden/study";
  const std::string job = submitted("--tasks 2", hidden);
  ASSERT_TRUE(eventually([&] { return has_ended(job + "_0") && has_ended(job + "_1"); })) << cluster_->logs();
  EXPECT_TRUE(names(status(hidden), "array job " + job + ": 2 failed"));
  EXPECT_TRUE(names(status(hidden), "none of its tasks has written a log in " + (run(hidden) / "slurm").string() +
                                        ": can the nodes see this folder?"));
}

TEST_F(SlurmTest, WaitsForNodesAndTheScriptSaysMoreThanTheEnvironment) {
  plan_runs(1, 1);
  ASSERT_TRUE(run_command({"scontrol", "update", "NodeName=n1,n2", "State=DRAIN", "Reason=mended"}).succeeded());
  const EnvironmentVariable indices("SBATCH_ARRAY_INX", "0-9"), requeue("SBATCH_NO_REQUEUE", "1"),
      partition("SBATCH_PARTITION", "nowhere"), time("SBATCH_TIMELIMIT", "5"), wait("SBATCH_WAIT", "1");
  const std::string job = submitted("--tasks 2 --time 30 --partition main");
  EXPECT_TRUE(names(status(), "array job " + job + ": 2 pending ("));
  const std::string asked = run_command({"scontrol", "show", "job", job}).out;
  for (const char* part : {"ArrayTaskId=0-1 ", "Requeue=1 ", "Partition=main ", "TimeLimit=00:30:00 "})
    EXPECT_TRUE(names(asked, part));
  ASSERT_TRUE(run_command({"scontrol", "update", "NodeName=n1,n2", "State=RESUME"}).succeeded());
  EXPECT_TRUE(eventually([&] { return has_ended(job + "_0") && has_ended(job + "_1"); })) << cluster_->logs();
  EXPECT_TRUE(all_finished(2)) << log(job + "_0");
}

TEST_F(SlurmTest, IsCancelledWithACheckpointOfEveryRun) {
  plan_runs(2, 100'000);
  const std::string job = submitted("--tasks 2 --cpus-per-task 2"), waiting = submitted("--tasks 2");
  for (const char* task : {"_0", "_1"})
    ASSERT_TRUE(eventually([&] { return is_at_work(job + task); })) << log(job + task) << cluster_->logs();
  EXPECT_TRUE(names(status(), "array job " + job + ": 2 running"));
  EXPECT_TRUE(names(status(), "array job " + waiting + ": 2 pending"));
  const Outcome outcome = run_program({"study", "cancel", run("study")});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  for (const std::string& each : {job, waiting}) {
    EXPECT_TRUE(names(outcome.out, "array job " + each + " cancelled"));
    for (const char* task : {"_0", "_1"})
      EXPECT_TRUE(eventually([&] { return cluster_->state_of(each + task) == "CANCELLED"; })) << each << task;
  }
  EXPECT_TRUE(eventually([&] { return runs_of_status("running").empty(); }));
  EXPECT_EQ(runs_of_status("stopped").size(), runs("study").size());
  EXPECT_TRUE(names(status(), "array job " + job + ": 2 cancelled"));
  EXPECT_FALSE(names(status(), "can the nodes see this folder?")) << "those that only waited have no log";
  const Outcome again = run_program({"study", "cancel", run("study")});
  EXPECT_EQ(again.code, 0) << again.err;
  EXPECT_TRUE(names(again.out, "none of the study's array jobs is still in the queue"));
}

}  // namespace
}  // namespace chandelier

// Several processes in one study folder: they share the work, wait for each other, take over when one dies, and end
// with results bitwise identical to an undisturbed study.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <fstream>
#include <optional>
#include <random>
#include <set>

#include "base/files.hpp"
#include "studies/leases.hpp"
#include "studies/run_process.hpp"
#include "studies/study.hpp"
#include "study_runs.hpp"
#include "training/evaluation_table.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class StudyWorkers : public StudyTest {
 protected:
  StudyWorkers() : StudyTest({.train = 4000, .test = 200, .rows = 8, .columns = 8}) {}

  void plan_runs(int seeds, int epochs) const {
    plan_of("conditions = [\"e-ln\", \"inorm-full\"]\nseeds = " + std::to_string(seeds),
            "epochs = " + std::to_string(epochs) + "\nwidth = 20\nmomentum = 0.5\nmeasure = \"none\"\n");
  }

  /// Every run is complete and was trained by one process at a time, and no files are left behind.
  void expect_tidy(const std::string& name) const {
    EXPECT_FALSE(fs::exists(run(name) / "leases"));
    for (const auto& file : fs::recursive_directory_iterator(run(name))) {
      const std::string entry = file.path().filename();
      EXPECT_FALSE(entry.starts_with(".chandelier-") || entry.starts_with("set-aside") || entry.starts_with("checkp"))
          << file.path();
    }
    for (const fs::path& folder : runs(name)) {
      const RunRecord record = read_record(folder);
      EXPECT_EQ(record.status, "finished");
      // After all epochs, only files that a kill prevented at the end are left to write.
      for (const Session& session : record.sessions) EXPECT_LE(session.after_epoch, record.epochs_done) << folder;
    }
  }

  /// The processes that a process has started.
  static std::vector<pid_t> children_of(pid_t parent) {
    std::vector<pid_t> children;
    for (const auto& entry : fs::directory_iterator("/proc")) {
      std::ifstream status(entry.path() / "stat");
      std::string number, name, state;
      pid_t its_parent = 0;
      if (status >> number >> name >> state >> its_parent && its_parent == parent)
        children.push_back(std::stoi(number));
    }
    return children;
  }
};

TEST_F(StudyWorkers, ShareTheWork) {
  plan_runs(3, 4);
  finish_study("whole", "--jobs 1");
  Program first(study("study", "--jobs 1")), second(study("study", "--jobs 1"));
  const Outcome of_first = first.wait(), of_second = second.wait();
  EXPECT_EQ(of_first.code, 0) << of_first.text();
  EXPECT_EQ(of_second.code, 0) << of_second.text();
  const auto table = [](const Outcome& outcome) { return outcome.out.substr(outcome.out.find("\n\n")); };
  EXPECT_EQ(table(of_first), table(of_second));
  EXPECT_TRUE(names(of_first.out, "by another process"));
  EXPECT_TRUE(names(of_second.out, "by another process"));
  expect_same_studies("whole", "study", 6);
  expect_tidy("study");
  for (const fs::path& folder : runs("study")) EXPECT_EQ(read_record(folder).sessions.size(), 1U) << folder;
}

TEST_F(StudyWorkers, OneWaitsForTheRunsOfTheOtherAndFollowsItWhenItDies) {
  plan_of("conditions = [\"inorm-full\"]\nseeds = 1", "epochs = 100\nwidth = 20\nmeasure = \"none\"\n");
  finish_study("whole", "--jobs 1");
  Program first(study("study", "--jobs 2"));
  ASSERT_TRUE(wait_until([&] { return !runs("study").empty() && epochs_done(runs("study").at(0)) >= 1; }));
  Program second(study("study", "--jobs 2"));
  ASSERT_TRUE(wait_until([&] {
    return first.ended() ||
           std::distance(fs::directory_iterator(run("study") / "leases"), fs::directory_iterator()) == 3;
  }));
  ASSERT_FALSE(second.ended());
  first.signal(SIGKILL);
  first.wait();
  const Outcome outcome = second.wait();
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_TRUE(names(outcome.out, "process " + std::to_string(first.process()) + " on "));
  EXPECT_TRUE(names(outcome.out, " had this run and has ended; the run continues here"));
  expect_same_studies("whole", "study", 1);
  expect_tidy("study");
  EXPECT_EQ(read_record(runs("study").at(0)).sessions.size(), 2U);
}

/// The situation of a laptop after sleep, or of a node that lost the connection to the file server for a while.
TEST_F(StudyWorkers, OneThatWasHeldForDeadWritesNothingOverWhatOthersRecorded) {
  plan_of("conditions = [\"inorm-full\"]\nseeds = 1", "epochs = 100000\nwidth = 60\nmeasure = \"none\"\n");
  Program program(study("study", "--jobs 1"));
  const fs::path folder = run("study") / "runs" / "inorm-full-eps0.75-draw0-seed0", leases = run("study") / "leases";
  ASSERT_TRUE(wait_until([&] { return program.ended() || epochs_done(folder) >= 1; }));
  const std::vector<pid_t> children = children_of(program.process());
  ASSERT_EQ(children.size(), 1U);
  kill(children.front(), SIGSTOP);
  program.signal(SIGSTOP);
  Worker other;
  other.id = "0123456789abcdef";
  other.host = "elsewhere";
  other.boot = "another";
  other.process = "1";
  other.started = "1";
  write_atomically(leases / (folder.filename().string() + ".2"), other.text());
  const std::map<std::string, std::string> before = contents_of(folder);

  program.signal(SIGCONT);
  kill(children.front(), SIGCONT);
  EXPECT_TRUE(wait_until([&] { return program.ended() || children_of(program.process()).empty(); }));
  EXPECT_FALSE(program.ended());
  EXPECT_EQ(contents_of(folder), before);
  program.signal(SIGKILL);
}

TEST_F(StudyWorkers, AnotherPlanWaitsUntilTheFirstHasStopped) {
  plan_runs(1, 100000);
  Program first(study("study", "--jobs 1"));
  ASSERT_TRUE(wait_until([&] { return first.ended() || !runs_of_status("running").empty(); }));
  const std::string plan_of_first = bytes_of(run("study") / "study.toml");
  plan_runs(2, 100000);
  const std::string refusal = run("study").string() + ": another process (process " + std::to_string(first.process());
  expect_refused(study("study"), 2, refusal);
  expect_refused(study("study"), 2,
                 "is running a different plan in this folder; stop it first, or choose another --out");
  EXPECT_EQ(bytes_of(run("study") / "study.toml"), plan_of_first);
  EXPECT_FALSE(fs::exists(run("study") / "study-1.toml"));
  EXPECT_FALSE(first.ended());
  first.signal(SIGKILL);
  first.wait();
  Program second(study("study", "--jobs 1"));
  ASSERT_TRUE(wait_until([&] { return second.ended() || fs::exists(run("study") / "study-1.toml"); }));
  EXPECT_EQ(bytes_of(run("study") / "study-1.toml"), plan_of_first);
}

TEST_F(StudyWorkers, ARunWhoseOldProcessStillEndsIsTriedAgain) {
  plan_of("conditions = [\"e-ln\"]\nseeds = 1", "epochs = 1\nwidth = 20\n");
  const fs::path folder = run("study") / "runs" / "e-ln-eps0.75-draw0-seed0";
  fs::create_directories(folder);
  write_plain(run("study") / "study.toml", bytes_of(folder_ / "plan.toml"));
  std::optional<FolderLock> lock(folder);
  ASSERT_TRUE(lock->take());
  Program program(study("study", "--jobs 1"));
  // Two processes of the run: the first was refused.
  std::vector<pid_t> seen;
  ASSERT_TRUE(wait_until([&] {
    for (const pid_t child : children_of(program.process()))
      if (std::find(seen.begin(), seen.end(), child) == seen.end()) seen.push_back(child);
    return program.ended() || seen.size() == 2;
  }));
  lock.reset();
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_TRUE(names(outcome.out, "1/1  e-ln"));
  expect_tidy("study");
}

TEST_F(StudyWorkers, ProcessesOfRunsHoldNoPipesOfOthers) {
  plan_runs(2, 1000);
  Program program(study("study", "--jobs 4"));
  const auto pipes_of = [](const std::string& process) {
    std::set<std::string> pipes;
    for (const auto& file : fs::directory_iterator("/proc/" + process + "/fd")) {
      std::error_code gone;  // the descriptor of this listing itself
      if (const std::string target = fs::read_symlink(file, gone).string(); target.starts_with("pipe:"))
        pipes.insert(target);
    }
    return pipes;
  };
  ASSERT_TRUE(wait_until([&] { return runs_of_status("running").size() == 4; }));
  const std::vector<pid_t> children = children_of(program.process());
  ASSERT_EQ(children.size(), 4U);
  const std::set<std::string> inherited = pipes_of("self");
  for (const pid_t child : children) {
    std::set<std::string> pipes = pipes_of(std::to_string(child));
    for (const std::string& pipe : inherited) pipes.erase(pipe);
    EXPECT_EQ(pipes.size(), 1U);
  }
}

TEST_F(StudyWorkers, ProcessesThatBeginARunTogetherTrainItOnce) {
  Settings settings;
  settings.data = data().string();
  settings.width = {400, 400};  // initial weights that take a while, between the first look and the lock
  settings.epochs = 0;
  const std::shared_ptr<const Dataset> dataset = load_dataset(data().string(), 10);
  std::vector<std::unique_ptr<RunProcess>> processes;
  std::vector<int> siblings;
  for (int i = 0; i < 4; ++i) {
    processes.push_back(std::make_unique<RunProcess>(settings, dataset, run("run"),
                                                     std::vector<LuminosityAt>{{"fixed", 0.5}}, siblings));
    siblings.push_back(processes.back()->descriptor());
  }
  int found_it_finished = 0;
  for (const auto& process : processes) {
    while (process->listen()) found_it_finished += names(process->take_note(), "there is nothing left to do") ? 1 : 0;
    EXPECT_EQ(process->message(), "");
  }
  EXPECT_LE(found_it_finished, 3);  // fewer if it was finished before they looked, as they are silent then
  EXPECT_EQ(read_record(run("run")).sessions.size(), 1U);
  EXPECT_TRUE(is_evaluated(run("run"), std::vector<LuminosityAt>{{"fixed", 0.5}}));
}

TEST_F(StudyWorkers, AStopThatComesBeforeARunHasItsHandlersIsNotLost) {
  static bool stop_the_new_process = false;
  ASSERT_EQ(pthread_atfork(nullptr, nullptr,
                           [] {
                             if (!stop_the_new_process) return;
                             kill(getpid(), SIGTERM);
                             kill(getpid(), SIGTERM);
                           }),
            0);
  Settings settings;
  settings.data = data().string();
  settings.width = {20, 20};
  settings.epochs = 100'000;
  stop_the_new_process = true;
  RunProcess process(settings, load_dataset(data().string(), 10), run("run"), {}, {});
  stop_the_new_process = false;
  while (process.listen()) {
  }
  EXPECT_EQ(process.failure(), RunProcess::Failure::none) << process.message();
  EXPECT_EQ(read_record(run("run")).status, "stopped");
}

TEST_F(StudyWorkers, SeveralDataSetsAreEachLoadedOnce) {
  fs::create_directory(folder_ / "other");
  write_idx_folder(folder_ / "other", {.train = 50, .test = 20, .rows = 8, .columns = 8});
  StudyPlan plan;
  plan.text = "# two data sets\n";
  for (const char* name : {"data", "other"})
    for (const std::uint64_t seed : {0U, 1U}) {
      Settings settings;
      settings.data = (folder_ / name).string();
      settings.width = {6, 6};
      settings.epochs = 1;
      settings.seed = seed;
      plan.runs.push_back({"inorm-full", name, settings.epsilon, 0, seed, settings,
                           std::string("runs/inorm-full-") + name + std::to_string(seed)});
    }
  const Datasets datasets = load_datasets(plan);
  EXPECT_EQ(datasets.size(), 2U);
  const StopRequest stop{0};
  StudyObserver observer;
  for (const StudyResult& result : run_study(plan, datasets, run("study"), 2, stop, observer)) {
    EXPECT_EQ(result.status, "finished") << result.message;
    EXPECT_EQ(read_record(run("study") / result.run.folder).data_name, result.run.data);
  }
}

/// The short version of `make soak`.
TEST_F(StudyWorkers, KilledAtAnyMomentTheyFinishEveryRunOnce) {
  constexpr int kKills = 20;
  plan_runs(2, 6);
  const auto began = std::chrono::steady_clock::now();
  finish_study("whole", "--jobs 2");
  const auto undisturbed = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();

  std::mt19937 random(20260317);
  const auto pause = [&] {
    std::this_thread::sleep_for(
        std::chrono::duration<double>(std::uniform_real_distribution<double>(0, undisturbed)(random)));
  };
  int rounds = 0;
  for (int kills = 0; kills < kKills; ++rounds) {
    SCOPED_TRACE("round " + std::to_string(rounds));
    fs::remove_all(run("study"));
    std::map<fs::path, std::string> records;  // of the runs that were seen finished
    std::array<std::optional<Program>, 2> workers;
    const auto all_finished = [&] { return runs_of_status("finished").size() == 4; };
    while (!all_finished() && kills < kKills) {
      for (auto& worker : workers) {
        if (worker && !worker->ended()) continue;
        if (worker) {
          const Outcome outcome = worker->wait();
          ASSERT_EQ(outcome.code, 0) << outcome.text();
        }
        worker.emplace(study("study", "--jobs 1"));
      }
      pause();
      for (const fs::path& folder : runs_of_status("finished"))
        records.try_emplace(folder, bytes_of(folder / "run.json") + bytes_of(folder / "metrics.csv"));
      auto& worker = workers[random() % 2];
      if (worker->ended()) continue;
      worker->signal(SIGKILL);
      worker->wait();
      ++kills;
      worker.reset();
    }
    for (auto& worker : workers) {
      if (!worker) worker.emplace(study("study", "--jobs 1"));
      const Outcome outcome = worker->wait();
      ASSERT_EQ(outcome.code, 0) << outcome.text();
    }
    expect_same_studies("whole", "study", 4);
    expect_tidy("study");
    for (const auto& [folder, record] : records)
      EXPECT_EQ(bytes_of(folder / "run.json") + bytes_of(folder / "metrics.csv"), record) << folder;
  }
}

}  // namespace
}  // namespace chandelier

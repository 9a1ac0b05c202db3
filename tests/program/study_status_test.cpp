// chandelier study status: its output at any time, and that it reads each file once.

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <map>

#include "studies/leases.hpp"
#include "studies/study_plan.hpp"
#include "study_runs.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class StudyStatus : public StudyTest {
 protected:
  Outcome status(const std::string& arguments) const { return run_program("study status " + arguments); }
  std::string out_of(const std::string& arguments) const {
    const Outcome outcome = status(arguments);
    EXPECT_EQ(outcome.code, 0) << outcome.text();
    EXPECT_EQ(outcome.err, "");
    return outcome.out;
  }

  /// Makes folders as the runs of the plan would leave them.
  void make_up(const std::string& name) const {
    const StudyPlan plan = read_study_plan(folder_ / "plan.toml");
    fs::create_directories(run(name) / "runs");
    write_plain(run(name) / "study.toml", plan.text);
    for (const StudyRun& of_plan : plan.runs) {
      const fs::path folder = run(name) / of_plan.folder;
      fs::create_directory(folder);
      write_plain(folder / "config.toml", to_toml(of_plan.settings));
      RunRecord record;
      record.status = "finished";
      record.epochs_done = of_plan.settings.epochs;
      record.seconds = 2;
      record.test_accuracy = 0.5;
      write_record(folder, record);
      write_plain(folder / "weights.safetensors", "");
      write_plain(folder / "test_predictions.safetensors", "");
      write_plain(folder / "metrics.csv", "epoch,test_accuracy\n0,0.1\n2,0.5\n");
    }
  }
  fs::path folder_of(const std::string& condition, int seed) const {
    return run("study") / "runs" / (condition + "-eps0.75-draw0-seed" + std::to_string(seed));
  }
  static void change(const fs::path& folder, const std::string& status, int epochs, const std::string& message) {
    RunRecord record = read_record(folder);
    record.status = status;
    record.epochs_done = epochs;
    record.seconds = epochs;
    record.message = message;
    write_record(folder, record);
  }
};

TEST_F(StudyStatus, SaysWhatIsDoneWhatRunsAndWhatWentWrong) {
  plan_of("conditions = [\"e-ln\", \"ei\"]\nseeds = 4", "epochs = 2\n");
  make_up("study");
  change(folder_of("e-ln", 0), "diverged", 1, "the loss was no longer finite");
  change(folder_of("e-ln", 1), "failed", 1, "the disk is broken");
  change(folder_of("e-ln", 2), "running", 1, "");
  change(folder_of("ei", 2), "running", 1, "");  // and its process has died
  write_plain(folder_of("ei", 0) / "config.toml", "lr = [");
  fs::remove_all(folder_of("ei", 1));
  fs::create_directory(run("study") / "leases");
  const Worker here = Worker::here();
  Worker dead = Worker::here();
  dead.started += "1";
  write_plain(run("study") / "leases" / "e-ln-eps0.75-draw0-seed2.1", dead.text());
  write_plain(run("study") / "leases" / "e-ln-eps0.75-draw0-seed2.2", here.text());
  write_plain(run("study") / "leases" / "ei-eps0.75-draw0-seed2.1", dead.text());
  const auto before = contents_of(run("study"));

  const std::string out = out_of(run("study").string());
  EXPECT_TRUE(names(out, run("study").string() + ": 8 runs\n"));
  EXPECT_TRUE(names(out,
                    "  finished        2\n  diverged        1\n  running         1\n  stopped         1\n"
                    "  failed          1\n  left out        1\n  missing         1\n"));
  EXPECT_TRUE(names(out, "  e-ln-eps0.75-draw0-seed2  epoch 1 of 2, " + here.name() + "\n"));
  EXPECT_TRUE(names(out, "e-ln-eps0.75-draw0-seed0  diverged: the loss was no longer finite\n"));
  EXPECT_TRUE(names(out, "e-ln-eps0.75-draw0-seed1  failed: the disk is broken\n"));
  EXPECT_TRUE(names(out, "ei-eps0.75-draw0-seed0  left out: " + (folder_of("ei", 0) / "config.toml").string()));
  EXPECT_TRUE(names(out,
                    "\nStopped; continue with study run or study submit\n  ei-eps0.75-draw0-seed2  stopped after 1 of "
                    "2 epochs\n"));
  // 4 seconds in 2 runs, 1 in each of 4. An epoch of e-ln took 1 s, and one of ei too: left are 1 + 1, 1 + 2.
  EXPECT_TRUE(names(out, "time spent on all runs 0:08, about 0:05 left\n"));
  EXPECT_EQ(out_of((folder_ / "plan.toml").string() + " --out " + run("study").string()), out);
  EXPECT_EQ(contents_of(run("study")), before);
}

TEST_F(StudyStatus, DoubtsAProcessOfAnotherMachineThatIsSilentForLong) {
  using std::chrono::hours, std::chrono::seconds;
  plan_of("conditions = [\"e-ln\"]\nseeds = 3", "epochs = 2\n");
  make_up("study");
  const fs::path leases = run("study") / "leases";
  fs::create_directory(leases);
  for (const auto& [seed, silent] : std::map<int, seconds>{{0, seconds(0)}, {1, hours(2)}, {2, seconds(-1)}}) {
    change(folder_of("e-ln", seed), "running", 1, "");
    Worker worker = Worker::here();
    worker.host = "node" + std::to_string(seed);
    worker.boot = "another";
    write_plain(leases / ("e-ln-eps0.75-draw0-seed" + std::to_string(seed) + ".1"), worker.text());
    if (silent < seconds(0)) continue;
    write_plain(leases / ("worker-" + worker.id), worker.text());
    fs::last_write_time(leases / ("worker-" + worker.id), fs::file_time_type::clock::now() - silent);
  }
  const std::string out = out_of(run("study").string());
  EXPECT_TRUE(names(out, " on node0\n"));
  EXPECT_TRUE(names(out, " on node1, no sign of life for 2 h 00 min: if it has died, study run takes this run"));
  EXPECT_TRUE(names(out, " on node2, no sign of life\n"));
}

TEST_F(StudyStatus, FinishedRunsThatAreDamagedAreLeftOut) {
  plan_of("conditions = [\"ei\"]\nseeds = 8", "epochs = 2\n");
  make_up("study");
  fs::remove(folder_of("ei", 0) / "weights.safetensors");
  fs::remove(folder_of("ei", 1) / "test_predictions.safetensors");
  fs::remove(folder_of("ei", 2) / "metrics.csv");
  write_plain(folder_of("ei", 3) / "metrics.csv", "");
  write_plain(folder_of("ei", 4) / "metrics.csv", "epoch,test_accuracy\n");
  write_plain(folder_of("ei", 5) / "metrics.csv", "epoch,test_accuracy\n0,0.1\n2,0.25");
  RunRecord unknown = read_record(folder_of("ei", 6));
  unknown.test_accuracy.reset();
  write_record(folder_of("ei", 6), unknown);
  const std::string out = out_of(run("study").string());
  EXPECT_TRUE(names(out, "  finished        1\n  left out        7\n"));
  const auto says = [&](int seed, const std::string& file, const std::string& what) {
    const fs::path folder = folder_of("ei", seed);
    EXPECT_TRUE(names(out, (folder / file).string() + what + ", although the run has finished; move " +
                               folder.string() + " away and run the study again to retrain it"));
  };
  says(0, "weights.safetensors", " is missing");
  says(1, "test_predictions.safetensors", " is missing");
  says(2, "metrics.csv", " is missing");
  says(3, "metrics.csv", ": there is no column 'epoch', so this is not the table of a run");
  says(4, "metrics.csv", ": no row has a test accuracy");
  says(5, "run.json", ": test_accuracy is 0.5, but 0.25 in the last row of metrics.csv");
  says(6, "run.json", ": test_accuracy is missing, but 0.5 in the last row of metrics.csv");
}

TEST_F(StudyStatus, WhereThereIsNoStudy) {
  plan_of("conditions = [\"e-ln\"]\nseeds = 1", "epochs = 2\n");
  expect_refusal(status((folder_ / "plan.toml").string() + " --out " + run("none").string()), 1,
                 {run("none").string(), "no study has been started in this folder"});
  expect_refusal(status(data().string()), 1, {"this folder has no study.toml"});
}

TEST_F(StudyStatus, OfARunningStudy) {
  plan_of("conditions = [\"e-ln\"]\nseeds = 2", "epochs = 100000\nmeasure = \"none\"\n");
  Program program(study("study", "--jobs 1"));
  ASSERT_TRUE(wait_until([&] { return program.ended() || !runs_of_status("running").empty(); }));
  const std::string out = out_of(run("study").string());
  EXPECT_TRUE(names(out, "  running         1\n  missing         1\n"));
  EXPECT_TRUE(names(out, "process " + std::to_string(program.process()) + " on "));
  program.signal(SIGKILL);
  program.wait();
  EXPECT_TRUE(names(out_of(run("study").string()), ": 2 runs\n  stopped         1\n  missing         1\n"));
}

}  // namespace
}  // namespace chandelier

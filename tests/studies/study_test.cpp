// Studies, judged by their folders: equal to single runs, continued after any interruption; and plans that are refused.

#include "studies/study.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <utility>

#include "places.hpp"
#include "study_runs.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

TEST_F(StudyTest, IsTheSameAtAnyNumberOfJobsAndAsSingleRuns) {
  plan_of("conditions = [\"e-ln\", \"inorm-full\"]\nepsilons = [0.5, 0.75]\nseeds = 2", "epochs = 2\nmomentum = 0.5\n");
  finish_study("one", "--jobs 1");
  finish_study("three", "--jobs 3");
  expect_same_studies("one", "three", 8);
  for (const char* condition : {"e-ln", "inorm-full"})
    for (const char* seed : {"0", "1"}) {
      const std::string name = std::string(condition) + "-" + seed;
      finish(name, std::string("--epochs 2 --momentum 0.5 --epsilon 0.5 --condition ") + condition + " --seed " + seed);
      const fs::path within = run("three") / "runs" / (std::string(condition) + "-eps0.5-draw0-seed" + seed);
      EXPECT_TRUE(same_results(run(name), within));
      EXPECT_EQ(bytes_of(run(name) / "config.toml"), bytes_of(within / "config.toml"));
    }
  EXPECT_EQ(bytes_of(run("one") / "study.toml"), bytes_of(folder_ / "plan.toml"));
}

TEST_F(StudyTest, PrintsPlainLines) {
  plan_of("conditions = [\"e-ln\", \"inorm\", \"inorm-full\"]\nseeds = 2", "epochs = 1\n");
  const Outcome outcome = run_program(study("study"));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out.find_first_of("\033\r"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("6 runs\n"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("6/6  "), std::string::npos) << outcome.out;
  EXPECT_FALSE(outcome.out.find(" draw ") < outcome.out.find("\n\n")) << outcome.out;
  plan_of("conditions = [\"e-ln\"]\nseeds = 1\n[grid]\nlr = [0.01, 0.02]", "epochs = 1\n");
  const std::string out = run_program(study("draws")).out;
  EXPECT_NE(out.find(" draw 0   seed 0 "), std::string::npos) << out;
  EXPECT_NE(out.find(" draw 1   seed 0 "), std::string::npos) << out;
}

TEST_F(StudyTest, StartedAgainItDoesOnlyWhatIsLeft) {
  plan_of("conditions = [\"e-ln\", \"ei\"]\nseeds = 1", "epochs = 1\n");
  finish_study("study");
  const auto before = contents_of(run("study") / "runs");
  plan_of("conditions = [\"e-ln\", \"ei\"]\nseeds = 2", "epochs = 1\n");
  const Outcome outcome = run_program(study("study"));
  EXPECT_EQ(outcome.code, 0);
  EXPECT_NE(outcome.out.find("4 runs, 2 of them already done"), std::string::npos) << outcome.out;
  EXPECT_EQ(runs("study").size(), 4U);
  const auto after = contents_of(run("study") / "runs");
  for (const auto& [path, bytes] : before) EXPECT_EQ(after.at(path), bytes) << path;
}

TEST_F(StudyTest, ADamagedResultIsTrainedAnewOnceItIsMovedAway) {
  plan_of("conditions = [\"e-ln\", \"ei\"]\nseeds = 1", "epochs = 1\n");
  finish_study("study");
  const fs::path damaged = run("study") / "runs" / "ei-eps0.75-draw0-seed0";
  RunRecord record = read_record(damaged);
  record.test_accuracy = record.test_accuracy.value() + 0.125;
  write_record(damaged, record);
  const auto before = contents_of(damaged);
  const Outcome outcome = run_program(study("study"));
  EXPECT_EQ(outcome.code, 1) << outcome.text();
  EXPECT_TRUE(names(outcome.out, "left out: " + (damaged / "run.json").string() + ": test_accuracy is "));
  EXPECT_TRUE(names(outcome.out, "1 run, 1 of them already done"));
  EXPECT_EQ(contents_of(damaged), before);
  fs::rename(damaged, folder_ / "away");
  finish_study("study");
  EXPECT_TRUE(same_results(folder_ / "away", damaged));
  // If it is the only problem, the message does not suggest another folder.
  plan_of("conditions = [\"ei\"]\nseeds = 1", "epochs = 1\n");
  fs::remove(damaged / "weights.safetensors");
  expect_refused(study("study"), 1, "to retrain it; none of the 1 runs in this folder can be used");
}

TEST_F(StudyTest, APartOfTheDrawsIsTrained) {
  plan_of("conditions = [\"e-ln\", \"ei\"]\nseeds = 1\n[grid]\nlr = [0.001, 0.002, 0.003]", "epochs = 1\n");
  const Outcome part = run_program(study("study", "--draws 1-2"));
  EXPECT_EQ(part.code, 0) << part.text();
  EXPECT_TRUE(names(part.out, "4 runs"));
  EXPECT_TRUE(names(part.out, "These are only 4 of 6 runs of the plan."));
  EXPECT_EQ(runs("study").size(), 4U);
  EXPECT_FALSE(fs::exists(run("study") / "runs" / "ei-eps0.75-draw0-seed0"));
  const Outcome rest = run_program(study("study", "--draws 0"));
  EXPECT_TRUE(names(rest.out, "2 runs"));
  EXPECT_EQ(rest.out.find("These are only"), std::string::npos);
  EXPECT_EQ(runs("study").size(), 6U);
  for (const char* draws : {"3", "2-1", "0-3", "-1", "1-", "x", "1-2-2", "0,2", "99999999999", "0-99999999999"})
    expect_refused(study("study", std::string("--draws=") + draws), 2, "this plan has draws 0 to 2");
}

TEST_F(StudyTest, DivergedRunsAreNamedAndDoNotFailIt) {
  plan_of("conditions = [\"e\", \"inorm-full\"]\nseeds = 1", "epochs = 2\nlr = 1e25\n");
  const Outcome outcome = run_program(study("study"));
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  const RunRecord record = read_record(run("study") / "runs" / "e-eps0.75-draw0-seed0");
  EXPECT_EQ(record.status, "diverged");
  EXPECT_NE(outcome.out.find("diverged: " + record.message), std::string::npos) << outcome.out;
  const Outcome again = run_program(study("study"));
  EXPECT_EQ(again.code, 0) << again.text();
  EXPECT_NE(again.out.find("2 of them already done"), std::string::npos) << again.out;
}

TEST_F(StudyTest, AFolderThatIsInTheWayTakesNothingWithIt) {
  plan_of("conditions = [\"e-ln\", \"ei\", \"inorm\"]\nseeds = 1", "epochs = 1\n");
  // The folder of one run cannot be created.
  fs::create_directories(run("study") / "runs");
  std::ofstream(run("study") / "study.toml") << "";
  std::ofstream(run("study") / "runs" / "ei-eps0.75-draw0-seed0") << "in the way";
  const Outcome outcome = run_program(study("study"));
  EXPECT_EQ(outcome.code, 1) << outcome.text();
  EXPECT_NE(outcome.out.find("this is not the folder of a run"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.err.find("1 of 3 runs were left out"), std::string::npos) << outcome.err;
  EXPECT_EQ(status_of(run("study") / "runs" / "e-ln-eps0.75-draw0-seed0"), "finished");
  EXPECT_EQ(status_of(run("study") / "runs" / "inorm-eps0.75-draw0-seed0"), "finished");
  fs::remove(run("study") / "runs" / "ei-eps0.75-draw0-seed0");
  finish_study("study");
}

TEST_F(StudyTest, KilledBeforeItsFirstFileItIsBegun) {
  plan_of("conditions = [\"e-ln\"]\nseeds = 1", "epochs = 1\n");
  fs::create_directories(run("study"));
  std::ofstream(run("study") / ".chandelier-0123456789abcdef") << "condit";
  finish_study("study");
  // The same for the folder of a run.
  fs::create_directories(run("other") / "runs" / "e-ln-eps0.75-draw0-seed0");
  std::ofstream(run("other") / "study.toml") << "";
  finish_study("other");
  EXPECT_TRUE(same_results(runs("study").at(0), runs("other").at(0)));
}

TEST_F(StudyTest, AnotherPlanIsRefused) {
  const std::string varied = "conditions = [\"e-ln\"]\nseeds = 1";
  plan_of(varied, "epochs = 1\n");
  finish_study("study");
  const auto before = contents_of(run("study"));
  const std::string none = "none of the 1 runs in this folder belongs to the plan: choose another --out";
  for (const std::string change : {"epochs = 1\nlr = 0.25\n", "epochs = 2\n"}) {
    plan_of(varied, change);
    expect_refused(study("study"), 2, none);
  }
  expect_refused(study("study"), 2, "epochs is 1 in this run, but 2 in the plan");
  plan_of(varied, "epochs = 1\n");
  write_idx_folder(data(), {.train = 90, .test = 30});
  expect_refused(study("study"), 1, "this run was trained on data, whose files differ from those");
  expect_refused(study("study"), 1, none);
  EXPECT_EQ(contents_of(run("study")), before);
}

TEST_F(StudyTest, AChangedPlanGoesOnWithWhatMatches) {
  plan("conditions = [\"e-ln\", \"ei\"]\nepsilons = [0.5]\nseeds = 1\n[settings]\ndata = \"" + data().string() +
       "\"\nepochs = 1\n");
  finish_study("study");
  const std::string first_plan = bytes_of(folder_ / "plan.toml");
  const fs::path kept = run("study") / "runs" / "e-ln-eps0.5-draw0-seed0";
  const fs::path other = run("study") / "runs" / "ei-eps0.5-draw0-seed0";
  // One of them is replaced by a run with another learning rate; the plan keeps its runs and gains a seed.
  finish("alone", "--epochs 1 --epsilon 0.5 --condition ei --seed 0 --lr 0.25");
  fs::remove_all(other);
  fs::copy(run("alone"), other, fs::copy_options::recursive);
  const auto before = contents_of(run("study") / "runs");
  plan("conditions = [\"e-ln\", \"ei\"]\nepsilons = [0.5]\nseeds = 2\n[settings]\ndata = \"" + data().string() +
       "\"\nepochs = 1\n");
  const Outcome outcome = run_program(study("study"));
  EXPECT_EQ(outcome.code, 1) << outcome.text();
  EXPECT_TRUE(names(outcome.out, "left out: " + other.string() + ": lr is 0.25 in this run, but 0.005 in the plan"));
  EXPECT_TRUE(names(outcome.out,
                    "the plan has changed: 2 runs are new; runs that match: 1, left out: 1, missing: 2; "
                    "the previous plan is kept as study-1.toml"));
  EXPECT_EQ(bytes_of(run("study") / "study-1.toml"), first_plan);
  EXPECT_EQ(bytes_of(run("study") / "study.toml"), bytes_of(folder_ / "plan.toml"));
  EXPECT_TRUE(names(outcome.out, "3 runs, 1 of them already done"));
  EXPECT_TRUE(names(outcome.err,
                    "1 of 4 runs were left out, as their folders contain something else or are damaged (the first: "));
  const auto after = contents_of(run("study") / "runs");
  for (const auto& [path, bytes] : before) EXPECT_EQ(after.at(path), bytes) << path;
  EXPECT_EQ(runs_of_status("finished").size(), 4U);
  // The message appears only once.
  EXPECT_EQ(run_program(study("study")).out.find("the plan has changed"), std::string::npos);
  EXPECT_FALSE(fs::exists(run("study") / "study-2.toml"));
  // A message appears for every further change too; here only in its wording.
  std::ofstream(folder_ / "plan.toml", std::ios::app) << "# a note\n";
  EXPECT_TRUE(names(run_program(study("study")).out, "no run differs; runs that match: 3, left out: 1"));
  EXPECT_TRUE(fs::exists(run("study") / "study-2.toml"));
}

TEST_F(StudyTest, ForeignAndCorruptedFoldersAreNamedAndLeftAlone) {
  plan_of("conditions = [\"e-ln\"]\nseeds = 4", "epochs = 1\n");
  fs::create_directories(run("study"));
  write_plain(run("study") / "study.toml", bytes_of(folder_ / "plan.toml"));
  const auto folder = [&](int seed) {
    return run("study") / "runs" / ("e-ln-eps0.75-draw0-seed" + std::to_string(seed));
  };
  for (const int seed : {0, 1, 2}) fs::create_directories(folder(seed));
  write_plain(folder(0) / "thesis.txt", "years of work");
  write_plain(folder(1) / "config.toml", "epochs = [1, ");
  write_plain(folder(2) / "config.toml", "colour = 3\n");
  const auto before = contents_of(run("study") / "runs");
  const Outcome outcome = run_program(study("study"));
  EXPECT_EQ(outcome.code, 1) << outcome.text();
  EXPECT_TRUE(names(outcome.out, folder(0).string() + ": this is not the folder of a run, as it has no config.toml"));
  EXPECT_TRUE(names(outcome.out, (folder(1) / "config.toml").string() + ", line 1: this is not valid TOML"));
  EXPECT_TRUE(names(outcome.out, (folder(2) / "config.toml").string() + ": 'colour' is not a setting"));
  EXPECT_TRUE(names(outcome.err, "3 of 4 runs were left out"));
  EXPECT_EQ(status_of(folder(3)), "finished");
  const auto after = contents_of(run("study") / "runs");
  for (const auto& [path, bytes] : before) EXPECT_EQ(after.at(path), bytes) << path;
  for (const int seed : {0, 1, 2}) EXPECT_EQ(entries_of(folder(seed)), 1);
}

TEST_F(StudyTest, ARecordedSettingMayBeWrittenInOtherWords) {
  plan_of("conditions = [\"e-ln\"]\nseeds = 1", "epochs = 1\n");
  finish_study("study");
  const fs::path config = runs("study").at(0) / "config.toml";
  write_plain(config, "# as an older version wrote it\n" + bytes_of(config));
  const Outcome outcome = run_program(study("study"));
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_TRUE(names(outcome.out, "1 run, 1 of them already done"));
}

TEST_F(StudyTest, FoldersOfSomethingElseAreRefused) {
  plan_of("conditions = [\"e-ln\"]\nseeds = 1", "epochs = 1\n");
  finish("run", "--epochs 1");
  const auto before = contents_of(run("run"));
  expect_refused(study("run"), 1, run("run").string() + ": the folder exists, but is not the folder of a study");
  EXPECT_EQ(contents_of(run("run")), before);
  std::ofstream(run("file")) << "text";
  expect_refused(study("file"), 1, run("file").string() + ": this is not a folder");
  expect_refused(study("file/study"), 1, "cannot create folder " + run("file/study").string());
}

TEST_F(StudyTest, BadPlansAreRefusedInOneSentence) {
  const std::string good = "conditions = [\"e-ln\"]\nseeds = 1\n";
  const std::vector<std::pair<std::string, std::string>> plans{
      {"conditions = [\"e-ln\"\nseeds = 1\n", "plan.toml, line 2: this is not valid TOML: "},
      {good + "seeds = 2\n", "plan.toml, line 3: this is not valid TOML: "},
      {good + "epsilon = 0.5\n", "'epsilon' is not a key of a study; did you mean 'epsilons'?"},
      {good + "lr = 0.5\n", "'lr' is not a key of a study; put settings of the runs under [settings]"},
      {"condition = \"e-ln\"\nseeds = 1\n", "'condition' is not a key of a study; use conditions and seeds"},
      {"conditions = [\"e-ln\"]\nseed = 1\n", "'seed' is not a key of a study; use conditions and seeds"},
      {good + "epsilon_s = 0.5\n", "'epsilon_s' is not a key of a study; did you mean 'epsilons'?"},
      {good + "frobnicate = 0.5\n", "'frobnicate' is not a key of a study"},
      {good + "name = 3\n", "name must be a string"},
      {good + "notes = [\"a\"]\n", "notes must be a string"},
      {"conditions = [\"e-nl\"]\nseeds = 1\n", "did you mean 'e-ln'?"},
      {"conditions = []\nseeds = 1\n", "conditions is empty, so there is nothing to run"},
      {"conditions = [\"ei\", \"e-ln\", \"ei\"]\nseeds = 1\n", "conditions names ei twice"},
      {"conditions = 3\nseeds = 1\n", "conditions must be a list of names of conditions"},
      {"conditions = [\"ei\", 3]\nseeds = 1\n", "conditions must be a list of names of conditions"},
      {"seeds = 1\n", "'conditions' is missing"},
      {"", "'conditions' is missing"},
      {"conditions = [\"ei\"]\n", "'seeds' is missing"},
      {"conditions = [\"ei\"]\nseeds = 0\n", "seeds is 0; the number of seeds must be from 1 to 100000"},
      {"conditions = [\"ei\"]\nseeds = -2\n", "seeds is -2; the number of seeds must be from 1 to 100000"},
      {"conditions = [\"ei\"]\nseeds = 1e9\n", "seeds must be a list of whole numbers, or one number of seeds"},
      {"conditions = [\"ei\"]\nseeds = []\n", "seeds is empty, so there is nothing to run"},
      {"conditions = [\"ei\"]\nseeds = [1, 2, 1]\n", "seeds names 1 twice"},
      {"conditions = [\"ei\"]\nseeds = [-1]\n", "seeds: "},
      {"conditions = [\"ei\"]\nseeds = [0.5]\n", "seeds must be a list of whole numbers"},
      {"conditions = [\"ei\"]\nseeds = \"six\"\n", "seeds must be a list of whole numbers"},
      {"conditions = [\"ei\"]\nseeds = true\n", "seeds must be a list of whole numbers"},
      {good + "epsilons = [0.25, 0.5]\n[settings]\nluminosity = \"fixed\"\n", "luminosity fixed does not use epsilon"},
      {good + "epsilons = []\n", "epsilons is empty, so there is nothing to run"},
      {good + "epsilons = [0.5, 0.5]\n", "epsilons names 0.5 twice"},
      {good + "epsilons = [1, 1.0]\n", "epsilons names 1 twice"},
      {good + "epsilons = [0.0, -0.0]\n", "epsilons names 0 twice"},
      {good + "epsilons = [\"much\"]\n", "epsilons must be a list of numbers"},
      {good + "epsilons = [-0.5]\n", "epsilons: "},
      {good + "epsilons = [1.5]\n", "epsilons: "},
      {good + "epsilons = [nan]\n", "epsilons: "},
      {good + "epsilons = [9223372036854775807]\n", "epsilons: 9.223372036854776e+18"},
      {good + "epsilons = [0.5]\n[settings]\nepsilon = 0.5\n",
       "the plan has epsilon in [settings] and epsilons above it"},
      {good + "[settings]\nepsilon = 7\n", "[settings]: epsilon: "},
      {good + "settings = 3\n", "settings must be a table, [settings]"},
      {good + "[settings]\nlearning_rate = 3\n", "[settings]: 'learning_rate' is not a setting"},
      {good + "[settings]\nepoch = 3\n", "[settings]: 'epoch' is not a setting; did you mean 'epochs'?"},
      {good + "[settings]\nlr = \"fast\"\n", "[settings]: lr: "},
      {good + "[settings]\nnesterov = true\n", "nesterov needs momentum"},
      {good + "[settings]\ncondition = \"ei\"\n", "[settings]: condition is varied by the study"},
      {good + "[settings]\ncircuit = \"ei\"\n", "[settings]: circuit is varied by the study"},
      {good + "[settings]\nerror_norm = \"own\"\n", "[settings]: error_norm is varied by the study"},
      {good + "[settings]\nactivity_norm = \"mean\"\n", "[settings]: activity_norm is varied by the study"},
      {good + "[settings]\nseed = 3\n", "[settings]: seed is varied by the study"},
      {good + "[settings]\nseeds = 3\n", "[settings]: seeds is a key of the plan; move it above the first table"},
  };
  for (const auto& [text, sentence] : plans) {
    plan(text);
    SCOPED_TRACE(text);
    expect_refused(study("study"), 2, sentence);
    expect_refused(study("study"), 2, "plan.toml");
    EXPECT_FALSE(fs::exists(run("study")));
  }
}

TEST_F(StudyTest, RunsAreCountedBeforeTheyAreMade) {
  plan("conditions = [\"ei\", \"inorm\"]\nepsilons = [0, 0.5, 1]\nseeds = 100000\n");
  const std::string sentence = sentence_of<SettingError>([&] { read_study_plan(folder_ / "plan.toml"); });
  EXPECT_TRUE(names(sentence,
                    "2 conditions, 3 epsilons, 1 draws, 100000 seeds and 1 data sets make 600000 runs; at most "
                    "100000 are allowed"));
}

TEST_F(StudyTest, MissingPlansAreNamed) {
  expect_refused(study("study"), 1, "cannot read " + (folder_ / "plan.toml").string());
  expect_refused(words("study run " + data().string()), 1, data().string() + ": this folder has no study.toml");
}

TEST_F(StudyTest, DataAndPlanMustFit) {
  plan_of("conditions = [\"e-ln\"]\nseeds = 1", "validation = 100\n");
  expect_refused(study("study"), 2, "validation: 100 images cannot be held out of 100");
  EXPECT_FALSE(fs::exists(run("study")));
  plan("conditions = [\"e-ln\"]\nseeds = 1\n[settings]\ndata = \"/nowhere\"\n");
  expect_refused(study("study"), 1, "/nowhere");
  EXPECT_FALSE(fs::exists(run("study")));
}

class InterruptedStudy : public StudyTest {
 protected:
  InterruptedStudy() : StudyTest({.train = 4000, .test = 200, .rows = 8, .columns = 8}) {
    plan_of("conditions = [\"e-ln\", \"inorm-full\"]\nseeds = 2", "epochs = 6\nmomentum = 0.5\nmeasure = \"none\"\n");
  }

  /// Waits until a run has finished and another is well under way.
  bool wait_for_the_middle(Program& program) const {
    return wait_until([&] {
      const std::vector<fs::path> running = runs_of_status("running");
      return program.ended() || (!runs_of_status("finished").empty() && !running.empty() &&
                                 std::any_of(running.begin(), running.end(), [](const fs::path& folder) {
                                   return epochs_done(folder) >= 1 && epochs_done(folder) <= 3;
                                 }));
    });
  }

  using Times = std::map<fs::path, std::pair<std::string, fs::file_time_type>>;

  /// The results of training. The evaluation of a finished run comes later and may be missing after a kill.
  static Times untouchable(const std::vector<fs::path>& folders) {
    Times times;
    for (const fs::path& folder : folders)
      for (const auto& file : fs::directory_iterator(folder)) {
        const std::string name = file.path().filename();
        if (name == "evaluation.csv" || name.starts_with(".chandelier-")) continue;
        times[file.path()] = {bytes_of(file.path()), file.last_write_time()};
      }
    return times;
  }

  void expect_the_rest_is_done(const std::vector<fs::path>& finished) const {
    ASSERT_FALSE(finished.empty());
    const Times before = untouchable(finished);
    finish_study("study");
    EXPECT_EQ(untouchable(finished), before);
    finish_study("whole", "--jobs 1");
    expect_same_studies("whole", "study", 4);
  }
};

TEST_F(InterruptedStudy, ByAKill) {
  Program program(study("study"));
  ASSERT_TRUE(wait_for_the_middle(program));
  program.signal(SIGKILL);
  ASSERT_EQ(program.wait().code, -SIGKILL);
  // Its runs do not continue without it.
  ASSERT_TRUE(wait_until([&] { return runs_of_status("running").empty(); }));
  // Nor does a run that has just finished and is removing its checkpoint.
  ASSERT_TRUE(wait_until([&] {
    const std::vector<fs::path> finished = runs_of_status("finished");
    return std::none_of(finished.begin(), finished.end(),
                        [](const fs::path& folder) { return fs::exists(folder / "checkpoint.safetensors"); });
  }));
  ASSERT_FALSE(runs_of_status("stopped").empty());
  expect_the_rest_is_done(runs_of_status("finished"));
}

TEST_F(InterruptedStudy, BySignal) {
  Program program(study("study", "--jobs 1"));
  ASSERT_TRUE(wait_for_the_middle(program));
  program.signal(SIGINT);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.code, 130) << outcome.text();
  EXPECT_EQ(outcome.err, "stopped; continue with: " + program_path() + " study run " +
                             (folder_ / "plan.toml").string() + " --out " + run("study").string() + " --jobs 1\n");
  EXPECT_TRUE(runs_of_status("running").empty());
  ASSERT_FALSE(runs_of_status("stopped").empty());
  EXPECT_LT(runs("study").size(), 4U);  // no run begins after the signal
  expect_the_rest_is_done(runs_of_status("finished"));
}

TEST_F(InterruptedStudy, LacksNoConditionOfTheSeedsThatItHas) {
  finish_study("study", "--jobs 1");
  const auto started = [&](const std::string& name) {
    return fs::last_write_time(run("study") / "runs" / name / "config.toml");
  };
  EXPECT_LT(started("inorm-full-eps0.75-draw0-seed0"), started("e-ln-eps0.75-draw0-seed0"));  // the longer one
  EXPECT_LT(started("e-ln-eps0.75-draw0-seed0"), started("inorm-full-eps0.75-draw0-seed1"));
  EXPECT_LT(started("inorm-full-eps0.75-draw0-seed1"), started("e-ln-eps0.75-draw0-seed1"));
}

TEST_F(InterruptedStudy, ByTheEndOfOneRun) {
  Program program(study("study", "--jobs 1"));
  ASSERT_TRUE(wait_until(
      [&] { return program.ended() || epochs_done(run("study") / "runs" / "inorm-full-eps0.75-draw0-seed0") >= 1; }));
  pid_t child = 0;
  for (const auto& entry : fs::directory_iterator("/proc")) {
    std::ifstream status(entry.path() / "stat");
    std::string number, name, state;
    pid_t parent = 0;
    if (status >> number >> name >> state >> parent && parent == program.process()) child = std::stoi(number);
  }
  ASSERT_GT(child, 0);
  kill(child, SIGKILL);
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.code, 1) << outcome.text();
  EXPECT_NE(outcome.out.find("failed: the process of the run was killed by signal 9"), std::string::npos)
      << outcome.out;
  EXPECT_NE(outcome.err.find("1 of 4 runs failed"), std::string::npos) << outcome.err;
  EXPECT_EQ(runs_of_status("finished").size(), 3U);
  const RunRecord record = read_record(run("study") / "runs" / "inorm-full-eps0.75-draw0-seed0");
  EXPECT_EQ(record.status, "failed");
  EXPECT_EQ(record.message, "the process of the run was killed by signal 9");
  EXPECT_NE(record.ended, "");
  finish_study("study");
  EXPECT_EQ(runs_of_status("finished").size(), 4U);
}

}  // namespace
}  // namespace chandelier

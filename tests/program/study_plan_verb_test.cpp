// `study plan` as users see it: its output, and that it writes nothing.

#include <gtest/gtest.h>

#include <fstream>

#include "run_folder.hpp"
#include "synthetic_study.hpp"

namespace chandelier {
namespace {

class StudyPlanVerbTest : public RunTest {
 protected:
  void plan_of(const std::string& varied, const std::string& settings = "epochs = 1\n") const {
    std::ofstream(folder_ / "plan.toml") << varied << "\n[settings]\ndata = \"" << data().string() << "\"\n"
                                         << settings;
  }

  std::vector<std::string> verb(const std::string& name, const std::string& flags = "") const {
    return words("study " + name + " " + (folder_ / "plan.toml").string() + " --out " + run("study").string() + " " +
                 flags);
  }
};

TEST_F(StudyPlanVerbTest, SaysWhatWouldRunAndWritesNothing) {
  plan_of(
      "name = \"A question\"\nnotes = \"asked twice\"\nconditions = [\"e-ln\", \"inorm\", \"mine\"]\n"
      "epsilons = [0, 0.5]\nseeds = [4, 7]\n[grid]\nlambda = [0.1, 0.2]\nlr_wei = [0.5, 0.25]\n"
      "[condition.mine]\ncondition = \"inorm-full\"\nerror_part = \"direction\"\nlr_wei = 0.125\n");
  const Outcome outcome = run_program(verb("plan", "--jobs 1"));
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_EQ(outcome.err, "");
  for (const char* part : {"A question\nasked twice\n",
                           "  condition  circuit  activity_norm  error_norm  error_part  ",
                           "  mine         inorm           none        full   direction  ",
                           "  epsilons    0, 0.5\n",
                           "  draws       4, a grid of lr_wei, lambda; the same in all conditions\n",
                           "  seeds       4, 7\n",
                           "data (100 training and 30 test images)",
                           "  draw  lr_wei  lambda\n  0        0.5     0.1\n",
                           "  mine: lr_wei is 0.125 in every draw\n",
                           "  lambda has no effect: in e-ln\n",
                           "  lr_wei acts only in the readout, not in hidden layers: in e-ln, inorm\n",
                           "  lambda acts in hidden layers only through its product with lr_wix: in inorm,\n    mine\n",
                           "  48 runs     3 conditions x 2 epsilons x 4 draws x 2 seeds\n",
                           "  so far      no runs in ",
                           "Repeated runs: 16 of 48 repeat another run, which is trained and counted once\n",
                           "  e-ln: draw 1 repeats draw 0 (lambda has no effect)\n",
                           "  mine: draw 2 repeats draw 0 (equal settings)\n",
                           "with 1 at once",
                           "  in bf16     about ",
                           "  disk        about ",
                           "  warning     with "})
    EXPECT_TRUE(names(outcome.out, part));
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);)
    EXPECT_TRUE(line.size() <= 80 || line.find('/') != std::string::npos) << line;  // except for the name of a folder
  EXPECT_FALSE(std::filesystem::exists(run("study")));
}

TEST_F(StudyPlanVerbTest, HoldsTheOtherPrecisionBesideOneAlone) {
  plan_of("conditions = [\"inorm\"]\nseeds = 1", "precision = \"bf16\"\n");
  const Outcome bf16 = run_program(verb("plan"));
  EXPECT_TRUE(names(bf16.out, "  in fp32     about ")) << bf16.text();
  EXPECT_TRUE(names(bf16.out, "  bf16: ")) << "the unit that multiplies on this machine";
  plan_of(
      "conditions = [\"inorm\", \"mine\"]\nseeds = 1\n[condition.mine]\ncondition = \"inorm\"\nprecision = \"bf16\"\n");
  const Outcome both = run_program(verb("plan"));
  EXPECT_EQ(both.code, 0) << both.text();
  EXPECT_EQ(both.out.find("  in fp32"), std::string::npos);
  EXPECT_EQ(both.out.find("  in bf16"), std::string::npos);
}

TEST_F(StudyPlanVerbTest, SaysWhatIsThereAlready) {
  plan_of("conditions = [\"e-ln\"]\nseeds = 1");
  ASSERT_EQ(run_program(verb("run", "--jobs 1")).code, 0);
  EXPECT_TRUE(names(run_program(verb("plan")).out, "  time        nothing left to do"));
  plan_of("conditions = [\"e-ln\"]\nseeds = 3");
  const Outcome outcome = run_program(verb("plan"));
  EXPECT_TRUE(names(outcome.out, "  so far      1 finished, 2 missing in "));
  EXPECT_TRUE(names(outcome.out, " for the remaining runs with "));
}

TEST_F(StudyPlanVerbTest, SaysWhyRunsAreLeftOutAndDoesNotCountThem) {
  plan_of("conditions = [\"e-ln\"]\nseeds = 2");
  const std::filesystem::path foreign = run("study") / "runs" / "e-ln-eps0.75-draw0-seed1";
  std::filesystem::create_directories(foreign);
  write_plain(foreign / "thesis.txt", "years of work");
  const Outcome outcome = run_program(verb("plan"));
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_TRUE(names(joined(outcome.out), "1 left out, 1 missing in "));
  EXPECT_TRUE(
      names(joined(outcome.out), "left out first reason: " + foreign.string() + ": this is not the folder of a"));
  EXPECT_TRUE(names(outcome.out, "  time        about "));
  std::filesystem::create_directories(run("study") / "runs" / "e-ln-eps0.75-draw0-seed0");
  write_plain(run("study") / "runs" / "e-ln-eps0.75-draw0-seed0" / "thesis.txt", "years of work");
  EXPECT_TRUE(names(run_program(verb("plan")).out, "  time        no run can be trained: all are left out"));
}

TEST_F(StudyPlanVerbTest, RefusesWhatCannotRun) {
  plan_of("conditions = [\"e-ln\"]\nseeds = 1", "validation = 100\n");
  expect_refused(verb("plan"), 2, "validation: 100 images cannot be held out of 100");
  plan_of("conditions = [\"e-nl\"]\nseeds = 1");
  expect_refused(verb("plan"), 2, "did you mean 'e-ln'?");
  std::ofstream(folder_ / "plan.toml") << "conditions = \"ei\"\nseeds = 1\ndata = \"/nowhere\"\n";
  const std::string sentence = (folder_ / "plan.toml").string() + ": data: the folder /nowhere does not exist";
  for (const char* name : {"plan", "run"}) {
    expect_refused(verb(name), 1, sentence);
    EXPECT_FALSE(run_program(verb(name)).err.find("--data") != std::string::npos);
  }
  expect_refused(words("study plan /nowhere/plan.toml"), 1, "cannot read /nowhere/plan.toml");
}

}  // namespace
}  // namespace chandelier

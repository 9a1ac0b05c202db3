// The command line as users see it: runs the program and checks its exit code and its sentence.

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "program.hpp"
#include "synthetic_study.hpp"
#include "temporary_folder.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

/// Runs `chandelier <arguments>` and expects exit code 2 and `sentence` among its errors.
void expect_refused(const std::string& arguments, const std::string& sentence) {
  const Outcome outcome = run_program(arguments);
  EXPECT_EQ(outcome.code, 2) << arguments << "\n" << outcome.err;
  EXPECT_NE(outcome.err.find(sentence), std::string::npos) << "missing: " << sentence << "\nin: " << outcome.err;
  EXPECT_EQ(outcome.out, "") << arguments;
}

class SettingFlags : public testing::Test {
 protected:
  void refuse(const std::string& flags, const std::string& sentence) const {
    expect_refused("train --out " + (folder_ / "run").string() + " " + flags, sentence);
    EXPECT_FALSE(std::filesystem::exists(folder_ / "run")) << flags;
  }
  TemporaryFolder folder_;
};

TEST_F(SettingFlags, AllStandInTheHelpWithTheirDefaults) {
  const Outcome help = run_program("train --help");
  EXPECT_EQ(help.code, 0);
  for (const Setting& setting : setting_list()) {
    EXPECT_NE(help.out.find("  " + setting.flag() + " "), std::string::npos) << setting.key;
    EXPECT_NE(help.out.find("\n" + std::string(setting.group) + ":"), std::string::npos) << setting.group;
  }
  const std::string lines = joined(help.out);
  for (const char* words : {"--shuffle / --no-shuffle", "--lr-wix NUMBER", "Default: 0.0005.", "--config FILE.toml",
                            "A number of at least 0 and below 1. Default: 0.", "One of e, ei, inorm, inorm-sub."}) {
    EXPECT_NE(lines.find(words), std::string::npos) << words;
  }
}

TEST_F(SettingFlags, ValuesAreConvertedByTheList) {
  refuse("--lr fast", "--lr: 'fast' is not a number");
  refuse("--lr=-1", "--lr: -1 is out of range");
  refuse("--shift -0.5", "--shift -0.5 has no effect with luminosity 'uniform'");
  refuse("--width 50,40,30 --depth 2", "--width lists 3 layers (50,40,30), but --depth is 2");
  refuse("--activity-norm layer --circuit inorm", "--activity-norm 'layer' cannot be combined with --circuit 'inorm'");
  refuse("--freeze hidden0.Wxi", "did you mean 'hidden0.Wix'?");
}

TEST_F(SettingFlags, OfTruthTakeNoValueAndNoContradiction) {
  refuse("--nesterov", "--nesterov needs momentum");
  refuse("--shuffle --no-shuffle", "--shuffle and --no-shuffle contradict each other");
  refuse("--shuffle=maybe", "--shuffle: 'maybe' is not true or false");
  refuse("--no-shuffle=false", "--no-shuffle takes no value, not 'false'");
}

TEST_F(SettingFlags, AreGivenOnce) {
  refuse("--lr 0.1 --lr 0.2", "--lr is given 2 times (0.1 and 0.2)");
  refuse("--config a.toml --config b.toml", "--config is given 2 times");
}

TEST_F(SettingFlags, ConfigIsReadAndFlagsWin) {
  const std::filesystem::path file = folder_ / "mine.toml";
  std::ofstream(file) << "nesterov = true\nepsilno = 0.5\n";
  refuse("--config " + file.string(), file.string() + ": 'epsilno' is not a setting; did you mean 'epsilon'?");
  std::ofstream(file) << "luminosity = \"fixed\"\nshift = 0.25\n";
  refuse("--luminosity gain --config " + file.string(), "mine.toml: shift 0.25 has no effect with luminosity 'gain'");
  // --no-... overrides the file like any other value, so only the second error is left.
  std::ofstream(file) << "nesterov = true\n";
  refuse("--config " + file.string(), "mine.toml: nesterov needs momentum");
  refuse("--no-nesterov --measure mean,all --config " + file.string(), "--measure: 'all' must be given alone");
}

TEST_F(SettingFlags, UnknownOnesSuggestTheNearest) {
  refuse("--lrr 0.1", "'--lrr' is not a flag of `chandelier train`; did you mean '--lr'?");
  refuse("--epoch=3", "'--epoch' is not a flag of `chandelier train`; did you mean '--epochs'?");
  refuse("-lr 0.1", "'-lr' is not a flag of `chandelier train`; did you mean '--lr'?");
  refuse("--frobnicate", "`chandelier train --help` lists all flags");
  refuse("---", "`chandelier train --help` lists all flags");
}

TEST_F(SettingFlags, MissingValuesAndStrayWordsAreNamed) {
  refuse("--lr", "--lr needs a value");
  refuse("stray", "`chandelier train` does not take 'stray'");
}

TEST(Verbs, UnknownAndMissingOnesAreNamed) {
  expect_refused("trian --lr 0.1", "'trian' is not a command of `chandelier`");
  expect_refused("trian", "did you mean 'train'?");
  expect_refused("", "`chandelier` needs a command: one of ");
  expect_refused("study runn", "did you mean 'run'?");
  expect_refused("study", "`chandelier study` needs a command: one of ");
}

}  // namespace
}  // namespace chandelier

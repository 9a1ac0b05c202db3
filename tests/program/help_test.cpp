// The help texts, the version and the answers to command lines that cannot be parsed.

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>
#include <string>
#include <vector>

#include "base/files.hpp"
#include "base/version.hpp"
#include "places.hpp"
#include "refusal.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

/// Replaces all white space by single spaces, so that words are found across line breaks.
std::string unwrapped(const std::string& text) { return std::regex_replace(text, std::regex("\\s+"), " "); }

std::string help_of(const std::string& verb) {
  const Outcome outcome = run_program(verb + " --help");
  EXPECT_EQ(outcome.code, 0) << verb;
  EXPECT_EQ(outcome.err, "") << verb;
  return outcome.out;
}

/// The part of a help text about one flag: from its name to the next flag or group.
std::string part_of(const std::string& help, const std::string& flag) {
  const std::size_t start = help.find("\n  " + flag + " ");
  if (start == std::string::npos) return {};
  const std::size_t next_flag = help.find("\n  -", start + 1), next_group = help.find("\n\n", start + 1);
  return unwrapped(help.substr(start, std::min(next_flag, next_group) - start));
}

TEST(Help, OfTheProgramNamesEveryVerb) {
  const std::string help = help_of("");
  for (const char* verb : {"train", "evaluate", "trace", "data", "study"})
    EXPECT_TRUE(names(help, "\n  " + std::string(verb) + " "));
  EXPECT_EQ(run_program("-h").out, help);
}

TEST(Help, OfEveryVerbSaysWhatItDoesAndHowItIsCalled) {
  for (const std::string verb : {"train", "evaluate", "trace", "data", "study", "study run", "study plan",
                                 "study status", "study submit", "study cancel"})
    EXPECT_TRUE(names(help_of(verb), "Usage: chandelier " + verb)) << verb;
}

TEST(Help, NamesEverySettingInItsGroupWithItsDefault) {
  for (const std::string verb : {"train", "evaluate", "trace"}) {
    const std::string help = help_of(verb);
    for (const Setting& setting : setting_list()) {
      const std::size_t group = help.find("\n" + std::string(setting.group) + ":\n");
      ASSERT_NE(group, std::string::npos) << verb << " " << setting.group;
      EXPECT_GT(help.find("\n  " + setting.flag() + " "), group) << verb << " " << setting.flag();
      const std::string default_text = setting.kind() != Setting::Kind::truth ? setting.default_text()
                                       : setting.default_text() == "true"     ? "on"
                                                                              : "off";
      EXPECT_TRUE(names(part_of(help, setting.flag()), "Default: " + default_text + ".")) << verb;
    }
  }
}

TEST(Help, NamesTheFlagsOfAVerbWithTheirDefaults) {
  const std::string train = help_of("train"), evaluate = help_of("evaluate"), trace = help_of("trace"),
                    data = help_of("data");
  EXPECT_TRUE(names(part_of(train, "--out"), "Default: results/<condition>-eps<epsilon>-seed<seed>."));
  EXPECT_TRUE(names(part_of(train, "--resume"), "Continue the run in --out"));
  EXPECT_TRUE(names(evaluate, "What is evaluated:\n"));
  EXPECT_TRUE(names(part_of(evaluate, "--luminosities"), "Default: what the run was trained with."));
  EXPECT_TRUE(names(part_of(evaluate, "--out"), "Default: only printed."));
  EXPECT_TRUE(names(part_of(evaluate, "--weights"), "W.safetensors"));
  EXPECT_TRUE(names(trace, "What is traced:\n"));
  for (const std::string flag : {"--weights", "--batches", "--out"})
    EXPECT_TRUE(names(part_of(trace, flag), "REQUIRED"));
  EXPECT_TRUE(names(part_of(trace, "--steps"), "--steps N Steps"));
  EXPECT_TRUE(names(part_of(trace, "--steps"), "Default: as many as there are batches."));
  EXPECT_TRUE(names(part_of(data, "--data"), "Default: FashionMNIST, found automatically."));
  EXPECT_TRUE(names(part_of(data, "--classes"), "Default: 10."));
  EXPECT_TRUE(names(part_of(data, "--seed"), "Default: 0."));
  EXPECT_TRUE(names(part_of(data, "--out"), "Default: contact_sheet.png."));
}

TEST(Help, NamesTheFlagsOfAVerbBeforeTheSettings) {
  EXPECT_LT(help_of("evaluate").find("What is evaluated:\n"), help_of("evaluate").find("What is trained:\n"));
  EXPECT_LT(help_of("trace").find("What is traced:\n"), help_of("trace").find("What is trained:\n"));
}

TEST(Version, IsThatOfTheBuild) {
  const Outcome outcome = run_program("--version");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out, "chandelier " + std::string(version()) + " (" + std::string(commit()) + ")\n");
  const std::string cmake = read_file(test_data("/../CMakeLists.txt"), 1 << 20);
  std::smatch project;
  ASSERT_TRUE(std::regex_search(cmake, project, std::regex(R"(project\(chandelier VERSION ([0-9.]+))")));
  EXPECT_EQ(version(), project[1].str());
}

TEST(CommandLine, IsRefusedInOneSentence) {
  const std::vector<std::pair<std::string, std::string>> refused{
      {"", "`chandelier` needs a command: one of train, evaluate, trace, data, study"},
      {"study", "`chandelier study` needs a command: one of run"},
      {"evalaute", "'evalaute' is not a command of `chandelier`"},
      {"evalaute", "did you mean 'evaluate'?"},
      {"--versoin", "did you mean '--version'?"},
      {"evaluate --luminosity-list 0", "'--luminosity-list' is not a flag of `chandelier evaluate`"},
      {"evaluate --luminositeis 0", "did you mean '--luminosities'?"},
      {"trace --weigths w", "'--weigths' is not a flag of `chandelier trace`; did you mean '--weights'?"},
      {"data --sead 3", "did you mean '--seed'?"},
      {"study run --job 2 plan.toml", "did you mean '--jobs'?"},
      {"data --classes", "--classes needs a value"},
      {"evaluate --weights", "--weights needs a value"},
      {"evaluate --weights a --weights b", "--weights is given more than once; give it once"},
      {"trace --weights w --batches", "--batches needs a value"},
      {"data here", "`chandelier data` does not take 'here'"},
      {"evaluate one two", "`chandelier evaluate` does not take 'two'"},
  };
  for (const auto& [arguments, sentence] : refused) {
    const Outcome outcome = run_program(arguments);
    expect_refusal(outcome, 2, {sentence});
    EXPECT_EQ(outcome.out, "") << arguments;
  }
}

}  // namespace
}  // namespace chandelier

// Options of sbatch in a plan and in flags: which are passed on, and which are refused.

#include "studies/slurm_options.hpp"

#include <gtest/gtest.h>
#include <toml++/toml.h>

#include "sentence_of.hpp"

namespace chandelier {
namespace {

SlurmOptions read(const std::string& table) { return read_slurm_options(parse_toml(table, "plan.toml"), "plan.toml"); }

std::string refusal(const std::string& table) {
  return sentence_of<SettingError>([&] { read("[slurm]\n" + table); });
}

TEST(SlurmOptions, ArePassedOnByTheirNames) {
  const SlurmOptions options = read(
      "[slurm]\npartition = \"short\"\ntime = 90\ncpus_per_task = 8\nmail-type = \"END\"\nexclusive = true\n"
      "contiguous = false\ntasks = 20\n");
  const std::map<std::string, std::string> expected{
      {"partition", "short"}, {"time", "90"}, {"cpus-per-task", "8"}, {"mail-type", "END"}, {"exclusive", ""}};
  EXPECT_EQ(options.sbatch, expected);
  EXPECT_EQ(options.tasks, 20);
  EXPECT_EQ(options.cpus_per_task(), 8);
  EXPECT_EQ(options.seconds(), 5400);
}

TEST(SlurmOptions, HaveDefaults) {
  const SlurmOptions options = read("");
  EXPECT_TRUE(options.sbatch.empty());
  EXPECT_FALSE(options.tasks.has_value());
  EXPECT_EQ(options.cpus_per_task(), 1);
  EXPECT_EQ(options.seconds(), 3600);
}

TEST(SlurmOptions, WhatIsGivenLaterWins) {
  SlurmOptions options = read("[slurm]\ncpus_per_task = 8\npartition = \"short\"\n");
  options.give("cpus-per-task", "2", "--cpus-per-task");
  EXPECT_EQ(options.cpus_per_task(), 2);
  EXPECT_EQ(options.sbatch.size(), 2U);
}

TEST(SlurmOptions, AreRefusedByName) {
  EXPECT_TRUE(names(refusal("array = \"0-3\""), "plan.toml, [slurm]: 'array' is set by study submit itself"));
  EXPECT_TRUE(names(refusal("open_mode = \"append\""), "'open_mode' is set by study submit itself"));
  EXPECT_TRUE(names(refusal("wait = true"), "'wait' is set by study submit itself"));
  EXPECT_TRUE(names(refusal("test-only = true"), "'test-only' is set by study submit itself"));
  EXPECT_TRUE(names(refusal("time = \"soon\""), "time is 'soon'"));
  EXPECT_TRUE(names(refusal("cpus_per_task = 0"), "cpus_per_task is '0'; it must be a number from 1 to 4096"));
  EXPECT_TRUE(names(refusal("cpus_per_task = true"), "cpus_per_task is ''"));
  EXPECT_TRUE(names(refusal("tasks = 0"), "tasks is 0; it must be from 1 to 1000"));
  EXPECT_TRUE(names(refusal("tasks = 1001"), "tasks is 1001"));
  EXPECT_TRUE(names(refusal("tasks = \"many\""), "tasks must be a whole number"));
  EXPECT_TRUE(names(refusal("mem = 1.5"), "mem must be a string, a whole number, or true"));
  EXPECT_TRUE(names(refusal("p = \"short\""), "'p' is not a long option of sbatch"));
  EXPECT_TRUE(names(refusal("\"--qos\" = \"high\""), "'--qos' is not a long option of sbatch"));
  EXPECT_TRUE(names(refusal("\"qos high\" = true"), "'qos high' is not a long option of sbatch"));
  EXPECT_TRUE(names(refusal("comment = \"a\\nb\""), "comment contains a control character"));
  const std::string no_table = sentence_of<SettingError>([] { read("slurm = 3"); });
  EXPECT_TRUE(names(no_table, "plan.toml: slurm must be a table, [slurm]"));
}

struct Time {
  const char* text;
  double seconds;
};
void PrintTo(const Time& time, std::ostream* stream) { *stream << time.text; }

class SlurmTimes : public ::testing::TestWithParam<Time> {};
TEST_P(SlurmTimes, AreReadAsSlurmReadsThem) {
  EXPECT_EQ(seconds_of_slurm_time(GetParam().text), GetParam().seconds) << GetParam().text;
}
INSTANTIATE_TEST_SUITE_P(Every, SlurmTimes,
                         ::testing::Values(Time{"1", 60}, Time{"90", 5400}, Time{"90:30", 5430}, Time{"1:30:05", 5405},
                                           Time{"2-0", 172800}, Time{"2-1", 176400}, Time{"1-1:30", 91800},
                                           Time{"0-1:30:10", 5410}));

TEST(SlurmTime, IsNoneOtherwise) {
  for (const char* text : {"", "0", "0:30", "-1", "1-", "-1-1", "1:", ":1", "1:2:3:4", "1-1:2:3:4", "1h", "1.5", " 1",
                           "UNLIMITED", "99999999999"})
    EXPECT_EQ(seconds_of_slurm_time(text), std::nullopt) << text;
}

}  // namespace
}  // namespace chandelier

// The script of an array job: its contents, that a shell accepts it, and the number of tasks for a study.

#include "studies/slurm_script.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "base/command.hpp"
#include "sentence_of.hpp"

namespace chandelier {
namespace {

SlurmArray example() {
  SlurmArray array;
  array.study_folder = "/home/anna/it's 100% mine";
  array.program = "/opt/chandelier";
  array.working_folder = "/home/anna";
  array.job_name = "mine";
  array.runs = 40;
  array.seconds = 7200;
  array.memory = 250'000'000;
  array.tasks = 3;
  return array;
}

TEST(SlurmScript, SaysWhatIsAskedOfSlurm) {
  SlurmArray array = example();
  array.options.give("partition", "short", "");
  array.options.give("exclusive", "", "");
  const std::string script = slurm_script(array);
  EXPECT_TRUE(script.starts_with("#!/bin/bash\n"));
  for (const char* line :
       {"# 40 runs of a study, about 2 h 00 min on one core", "\n#SBATCH --array=0-2\n",
        "\n#SBATCH --cpus-per-task=1\n", "\n#SBATCH --exclusive\n", "\n#SBATCH --job-name=mine\n",
        "\n#SBATCH --mem=300M\n", "\n#SBATCH --partition=short\n", "\n#SBATCH --time=1:00:00\n",
        "\n#SBATCH --signal=B:USR1@120\n", "\n#SBATCH --requeue\n", "\n#SBATCH --open-mode=append\n",
        "\n#SBATCH '--output=/home/anna/it'\\''s 100%% mine/slurm/%A_%a.log'\n", "\ncd /home/anna || exit 1\n",
        "\nexec /opt/chandelier study run '/home/anna/it'\\''s 100% mine/study.toml' --out '/home/anna/it'\\''s 100% "
        "mine' "
        "--jobs \"$SLURM_CPUS_PER_TASK\" --array-task\n"})
    EXPECT_TRUE(names(script, line));
}

TEST(SlurmScript, HoldsTheOptionsOfTheCommandLine) {
  SlurmArray array = example();
  array.options.give("time", "2-0", "");
  array.options.give("exclusive", "", "");
  const std::string script = slurm_script(array);
  const std::vector<std::string> options = sbatch_options(array);
  for (const std::string& option : options) EXPECT_TRUE(names(script, "\n#SBATCH " + command_text({option}) + "\n"));
  std::size_t directives = 0;
  for (std::size_t at = 0; (at = script.find("\n#SBATCH ", at)) != std::string::npos; ++at) ++directives;
  EXPECT_EQ(options.size(), directives);
  for (const char* option :
       {"--array=0-2", "--time=2-0", "--exclusive", "--output=/home/anna/it's 100%% mine/slurm/%A_%a.log"})
    EXPECT_EQ(std::count(options.begin(), options.end(), option), 1) << option;
}

TEST(SlurmScript, IsReadByTheShell) {
  const CommandResult result = run_command({"bash", "-n"}, slurm_script(example()));
  EXPECT_TRUE(result.succeeded()) << result.err;
}

TEST(SlurmScript, LeavesTheUserTheLastWord) {
  SlurmArray array = example();
  array.tasks = 1;
  array.options.give("mem_per_cpu", "2G", "");
  array.options.give("time", "2-0", "");
  array.options.give("job-name", "other", "");
  const std::string script = slurm_script(array);
  EXPECT_TRUE(names(script, "\n#SBATCH --array=0\n"));
  EXPECT_TRUE(names(script, "\n#SBATCH --mem-per-cpu=2G\n"));
  EXPECT_TRUE(names(script, "\n#SBATCH --time=2-0\n"));
  EXPECT_TRUE(names(script, "\n#SBATCH --job-name=other\n"));
  EXPECT_EQ(script.find("--mem="), std::string::npos);
  EXPECT_EQ(script.find("--job-name=mine"), std::string::npos);
}

TEST(SlurmScript, WarnsShortTasksLater) {
  SlurmArray array = example();
  array.options.give("time", "1", "");
  EXPECT_TRUE(names(slurm_script(array), "--signal=B:USR1@12\n"));
}

TEST(TasksOfArray, AreFilledToFourFifths) {
  SlurmOptions options;  // of an hour each, with one CPU
  EXPECT_EQ(tasks_of_array(60, 10, options), 1);
  EXPECT_EQ(tasks_of_array(2879, 10, options), 1);
  EXPECT_EQ(tasks_of_array(2881, 10, options), 2);
  EXPECT_EQ(tasks_of_array(28800, 20, options), 10);
  EXPECT_EQ(tasks_of_array(28800, 7, options), 7) << "more tasks than runs would be idle";
  EXPECT_EQ(tasks_of_array(1e9, 100'000, options), 1000) << "of one array";
  options.give("cpus-per-task", "4", "");
  EXPECT_EQ(tasks_of_array(28800, 20, options), 3);
  EXPECT_EQ(tasks_of_array(1e6, 7, options), 2);
  options.give_tasks(30, "");
  EXPECT_EQ(tasks_of_array(60, 1, options), 30) << "as it was asked for";
}

}  // namespace
}  // namespace chandelier

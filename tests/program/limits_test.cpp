// Limits set by the system or a cluster end a run with one sentence, the documented exit code and a record that says
// so. The run continues once there is enough space.

#include <gtest/gtest.h>

#include "shell.hpp"
#include "study_runs.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitized = true;  // sanitizers reserve terabytes of addresses
#else
constexpr bool kSanitized = false;
#endif

class Limits : public StudyTest {
 protected:
  /// Files end at 16 blocks of 512 bytes: settings and records fit, weights do not.
  static constexpr const char* kSmallFiles = "ulimit -f 16";
  static constexpr const char* kLittleMemory = "ulimit -v 1500000";

  std::string arguments(const std::string& name, const std::string& flags) const {
    return "train --epochs 2 --batch 10 --data " + data().string() + " --out " + run(name).string() + " " + flags;
  }
};

TEST_F(Limits, AFileThatMayNotGrowEndsARunWithASentence) {
  finish("whole", "--width 100 --epochs 2 --batch 10");
  const Outcome outcome = run_in_shell(kSmallFiles, arguments("run", "--width 100"));
  expect_refusal(outcome, 1, {(run("run") / "checkpoint.safetensors").string(), "File too large", "ulimit -f"});
  EXPECT_EQ(status_of(run("run")), "failed");
  EXPECT_TRUE(names(read_record(run("run")).message, "File too large"));
  EXPECT_EQ(run_program(words(arguments("run", "--width 100 --resume"))).code, 0);
  EXPECT_TRUE(same_results(run("whole"), run("run")));
}

TEST_F(Limits, AFileThatMayNotGrowFailsTheRunsOfAStudy) {
  plan_of("conditions = [\"ei\", \"inorm\"]\nseeds = 1", "width = 100\nepochs = 1\nbatch = 10");
  const std::string flags = "study run " + (folder_ / "plan.toml").string() + " --out " + run("study").string();
  const Outcome outcome = run_in_shell(kSmallFiles, flags);
  expect_refusal(outcome, 1, {"2 of 2 runs failed", "File too large"});
  EXPECT_EQ(runs_of_status("failed").size(), 2U);
  finish_study("study");
}

TEST_F(Limits, TooLittleMemoryIsSaidInASentence) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer takes more memory than the limit of this test";
  const Outcome outcome = run_in_shell(kLittleMemory, arguments("run", "--width 30000"));
  expect_refusal(outcome, 1, {"not enough memory"});
  EXPECT_FALSE(fs::exists(run("run")));
}

TEST_F(Limits, TooLittleMemoryIsSaidOfTheRunsOfAStudy) {
  if (kSanitized) GTEST_SKIP() << "a sanitizer takes more memory than the limit of this test";
  plan_of("conditions = [\"ei\"]\nseeds = 1\n[grid]\nwidth = [10, 30000]", "epochs = 1\nbatch = 10");
  const std::string flags = "study run " + (folder_ / "plan.toml").string() + " --out " + run("study").string();
  const Outcome outcome = run_in_shell(kLittleMemory, flags);
  expect_refusal(outcome, 1, {"1 of 2 runs failed", "not enough memory"});
  EXPECT_EQ(runs_of_status("finished").size(), 1U);
}

}  // namespace
}  // namespace chandelier

// Outputs that are closed, full or no longer read: exit codes are as documented, and no run loses anything.

#include <gtest/gtest.h>

#include <array>

#include "shell.hpp"
#include "study_runs.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// A redirection with unwritable stderr or stdout, and whether stdout is lost.
struct Redirection {
  const char* behind;
  bool stdout_is_lost;
};
constexpr std::array<Redirection, 6> kRedirections{{{"2>&-", false},
                                                    {"2>/dev/full", false},
                                                    {">&- 2>&-", true},
                                                    {">/dev/full 2>&1", true},
                                                    {">/dev/full", true},
                                                    {"<&- >&-", true}}};

class UnwritableOutput : public StudyTest {
 protected:
  std::string arguments(const std::string& name, const std::string& flags) const {
    return "train --width 6 --epochs 2 --batch 10 --data " + data().string() + " --out " + run(name).string() + " " +
           flags;
  }
};

TEST_F(UnwritableOutput, ErrorsKeepTheirExitCode) {
  for (const auto& [behind, _] : kRedirections) {
    SCOPED_TRACE(behind);
    EXPECT_EQ(run_in_shell("", "train --lr x", behind).code, 2);
    EXPECT_EQ(run_in_shell("", "frobnicate", behind).code, 2);
    EXPECT_EQ(run_in_shell("", "data --data /there/is/none", behind).code, 1);
    fs::remove_all(run("run"));
    EXPECT_EQ(run_in_shell("", arguments("run", "--lr 1e30"), behind).code, 3);
    EXPECT_EQ(status_of(run("run")), "diverged");
  }
}

TEST_F(UnwritableOutput, WhatAsksForATextFailsWithoutIt) {
  for (const char* const arguments : {"--help", "--version", "train --help"}) {
    EXPECT_EQ(run_in_shell("", arguments).code, 0);
    EXPECT_EQ(run_in_shell("", arguments, "2>/dev/full").code, 0);
    const Outcome outcome = run_in_shell("", arguments, ">/dev/full");
    expect_refusal(outcome, 1, {"cannot write the output", "No space left on device"});
    expect_refusal(run_in_shell("", arguments, ">&-"), 1, {"cannot write the output", "Bad file descriptor"});
  }
}

TEST_F(UnwritableOutput, ARunIsFinishedAllTheSame) {
  finish("whole", "--width 6 --epochs 2 --batch 10");
  for (const auto& [behind, stdout_is_lost] : kRedirections) {
    SCOPED_TRACE(behind);
    fs::remove_all(run("run"));
    EXPECT_EQ(run_in_shell("", arguments("run", ""), behind).code, stdout_is_lost ? 1 : 0);
    EXPECT_EQ(status_of(run("run")), "finished");
    // No message was written into a file that reused the number of a closed output.
    EXPECT_TRUE(same_results(run("whole"), run("run")));
    EXPECT_EQ(bytes_of(run("whole") / "config.toml"), bytes_of(run("run") / "config.toml"));
  }
}

TEST_F(UnwritableOutput, AStudyIsFinishedAllTheSame) {
  plan_of("conditions = [\"ei\", \"inorm\"]\nseeds = 2", "width = 6\nepochs = 1\nbatch = 10");
  for (const auto& [behind, stdout_is_lost] : kRedirections) {
    SCOPED_TRACE(behind);
    fs::remove_all(run("study"));
    const std::string flags = "study run " + (folder_ / "plan.toml").string() + " --out " + run("study").string();
    EXPECT_EQ(run_in_shell("", flags, behind).code, stdout_is_lost ? 1 : 0);
    EXPECT_EQ(runs_of_status("finished").size(), 4U);
    EXPECT_FALSE(fs::exists(run("study") / "leases"));
  }
}

TEST_F(UnwritableOutput, AReaderThatHasGoneEndsNoRun) {
  const std::string pipe = (folder_ / "pipe").string();
  const Outcome outcome =
      run_in_shell("mkfifo " + pipe + "; : <" + pipe + " & exec 4>" + pipe + "; wait $!", arguments("run", ""), ">&4");
  expect_refusal(outcome, 1, {"cannot write the output", "Broken pipe"});
  EXPECT_EQ(status_of(run("run")), "finished");
}

}  // namespace
}  // namespace chandelier

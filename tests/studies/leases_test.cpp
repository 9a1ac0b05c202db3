// Leases: which process may take which run, when a process is presumed dead, and that exactly one of many wins.

#include "studies/leases.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <thread>

#include "base/files.hpp"
#include "idx_writer.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

class LeasesTest : public ::testing::Test {
 protected:
  fs::path leases() const { return folder_.path() / "leases"; }
  void write(const std::string& name, const std::string& text) const { write_plain(leases() / name, text); }

  /// A worker of this machine whose process has ended.
  static Worker dead() {
    Worker worker = Worker::here();
    worker.started += "1";
    return worker;
  }
  static Worker elsewhere() {
    Worker worker = Worker::here();
    worker.host = "venus";
    worker.boot = "another";
    return worker;
  }

  /// Looks at the leases, then tries to claim a run.
  static bool takes(Leases& leases, const std::string& run = "run") {
    leases.look();
    return leases.claim(run);
  }

  TemporaryFolder folder_;
};

TEST_F(LeasesTest, ARunHasOneWorkerUntilItIsReleased) {
  {
    Leases first(folder_.path()), second(folder_.path());
    first.beat();
    second.beat();
    EXPECT_TRUE(takes(first));
    EXPECT_FALSE(takes(second));
    EXPECT_TRUE(takes(second, "other"));
    EXPECT_EQ(second.look().at("run").worker.id, first.worker().id);
    EXPECT_TRUE(second.look().at("run").lives);
    first.release("run");
    EXPECT_TRUE(takes(second));
    EXPECT_TRUE(second.lost().empty());
  }
  EXPECT_FALSE(fs::exists(leases()));
}

TEST_F(LeasesTest, AClaimByWhatWasSeenLongAgoFails) {
  Leases first(folder_.path()), second(folder_.path());
  first.beat();
  second.beat();
  first.look();
  ASSERT_TRUE(takes(second));
  EXPECT_FALSE(first.claim("run"));
  // The process that was dead at the last look has been replaced by a live one.
  second.release("run");
  write("run.2", dead().text());
  first.look();
  write("run.2", second.worker().text());
  EXPECT_FALSE(first.claim("run"));
  EXPECT_FALSE(fs::exists(leases() / "run.3"));
  EXPECT_TRUE(first.lost().empty());
}

TEST_F(LeasesTest, AnotherWorkerIsSeenByItsOwnFileOrByALease) {
  const std::string own = "own";
  EXPECT_FALSE(other_worker(folder_.path(), own));
  fs::create_directory(leases());
  write("run.1", Worker::here().text());
  EXPECT_TRUE(other_worker(folder_.path(), own));
  write("run.1", dead().text());
  write("worker-" + dead().id, dead().text());
  EXPECT_FALSE(other_worker(folder_.path(), own));
  const Worker other = elsewhere();
  write("worker-" + other.id, other.text());
  EXPECT_EQ(other_worker(folder_.path(), own).value().id, other.id);
  EXPECT_FALSE(other_worker(folder_.path(), other.id));
}

TEST_F(LeasesTest, ADeadProcessOfThisMachineIsFollowedAtOnce) {
  Leases leases(folder_.path(), 1h);
  leases.beat();
  const pid_t child = fork();
  if (child == 0) {
    Leases of_child(folder_.path());
    of_child.beat();
    const bool has_it = takes(of_child);
    if (has_it) pause();
    _exit(1);
  }
  while (leases_in(folder_.path()).empty()) std::this_thread::sleep_for(1ms);
  EXPECT_FALSE(takes(leases));
  kill(child, SIGKILL);
  siginfo_t ended{};
  waitid(P_PID, static_cast<id_t>(child), &ended,
         WEXITED | WNOWAIT);  // a zombie: nobody has waited for it yet
  EXPECT_TRUE(takes(leases));
  EXPECT_TRUE(fs::exists(this->leases() / "run.2"));
  waitpid(child, nullptr, 0);
  leases.tidy({});
  EXPECT_EQ(std::distance(fs::directory_iterator(this->leases()), fs::directory_iterator()), 3);
  leases.release("run");
  EXPECT_FALSE(fs::exists(this->leases() / "run.1"));
}

TEST_F(LeasesTest, AProcessOfTheSameNumberIsNotTheSame) {
  Leases leases(folder_.path(), 1h);
  leases.beat();
  const Worker self = Worker::here();
  EXPECT_FALSE(self.has_ended());
  write("run.1", self.text());
  EXPECT_FALSE(takes(leases));
  write("run.1", dead().text());
  EXPECT_TRUE(takes(leases));
}

TEST_F(LeasesTest, ANumberOfAnotherContainerSaysNothing) {
  Leases leases(folder_.path(), 1h);
  leases.beat();
  Worker other = dead();
  other.processes = "pid:[1]";
  write("run.1", other.text());
  EXPECT_FALSE(takes(leases));
}

TEST_F(LeasesTest, AProcessOfAnotherMachineIsFollowedWhenItsCounterStandsStill) {
  constexpr auto kPatience = 300ms;
  Leases leases(folder_.path(), kPatience);
  leases.beat();
  const Worker other = elsewhere();
  const std::string file = "worker-" + other.id;
  write("run.1", other.text());
  // A process is alive as long as its counter grows.
  const auto began = std::chrono::steady_clock::now();
  auto stood = began;  // before the last count was seen
  for (int beats = 1; std::chrono::steady_clock::now() - began < 3 * kPatience; ++beats) {
    write(file, other.text() + "beats " + std::to_string(beats) + "\n");
    stood = std::chrono::steady_clock::now();
    EXPECT_FALSE(takes(leases));
    std::this_thread::sleep_for(10ms);
  }
  while (!takes(leases)) std::this_thread::sleep_for(10ms);
  EXPECT_GE(std::chrono::steady_clock::now() - stood, kPatience);
}

TEST_F(LeasesTest, OneThatCannotWriteItselfTakesNobodyForDead) {
  Leases leases(folder_.path(), 1ms);
  leases.beat();
  write("run.1", elsewhere().text());
  leases.look();
  // A folder in the place of its file.
  const fs::path own = this->leases() / ("worker-" + leases.worker().id);
  fs::remove(own);
  fs::create_directory(own);
  EXPECT_THROW(leases.beat(), DataError);
  for (int i = 0; i < 5; ++i) {
    std::this_thread::sleep_for(2ms);
    EXPECT_FALSE(takes(leases));
  }
  fs::remove(own);
  leases.beat();
  std::this_thread::sleep_for(2ms);
  EXPECT_TRUE(takes(leases));
}

TEST_F(LeasesTest, DamagedFilesAreSurvived) {
  Leases leases(folder_.path(), 100ms);
  leases.beat();
  write("run.1", "");
  write("other.1", std::string("\0\xff worker", 9));
  write("worker-", "worker ../../x\n");
  write("notes.txt", "not ours");
  write("run.0", "");
  write("run.-5", "");
  write("run.99999999999999999999", "");
  fs::create_directory(this->leases() / "folder.7");
  EXPECT_FALSE(takes(leases));
  while (!takes(leases)) std::this_thread::sleep_for(5ms);
  while (!takes(leases, "other")) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(takes(leases, "third"));
  leases.tidy({"run", "other", "third"});
  EXPECT_FALSE(fs::exists(this->leases() / "run.1"));
  EXPECT_FALSE(fs::exists(this->leases() / "other.1"));
  EXPECT_TRUE(fs::exists(this->leases() / "notes.txt"));
}

TEST_F(LeasesTest, WhatWasTakenFromItIsLost) {
  Leases leases(folder_.path());
  leases.beat();
  ASSERT_TRUE(takes(leases));
  EXPECT_TRUE(leases.lost().empty());
  write("run.2", elsewhere().text());
  EXPECT_EQ(leases.lost(), std::vector<std::string>{"run"});
}

TEST_F(LeasesTest, ComeBackWhenAnotherTakesTheFolderAway) {
  Leases leases(folder_.path());
  leases.beat();
  fs::remove_all(this->leases());
  EXPECT_TRUE(takes(leases));
}

TEST_F(LeasesTest, OneOfManyWins) {
  constexpr int kProcesses = 8, kRounds = 20;
  fs::create_directory(leases());
  for (int round = 0; round < kRounds; ++round) {
    // In every other round they take over the run of a dead process.
    const std::string run = "run" + std::to_string(round);
    if (round % 2 == 1) write(run + ".1", dead().text());
    // All processes look before any of them tries, and none ends before all have tried.
    const fs::path go = folder_ / ("go" + std::to_string(round)), done = folder_ / ("done" + std::to_string(round));
    const auto name = [&](const char* step, int i) { return folder_ / (step + run + "-" + std::to_string(i)); };
    const auto wait_for = [](const fs::path& file) {
      while (!fs::exists(file)) std::this_thread::sleep_for(100us);
    };
    std::vector<pid_t> children;
    for (int i = 0; i < kProcesses; ++i) {
      const pid_t child = fork();
      if (child == 0) {
        Leases of_child(folder_.path());
        of_child.beat();
        of_child.look();
        write_plain(name("looked", i), "");
        wait_for(go);
        const bool won = of_child.claim(run);
        write_plain(name("tried", i), "");
        wait_for(done);
        _exit(won ? 1 : 0);  // without releasing anything
      }
      children.push_back(child);
    }
    for (int i = 0; i < kProcesses; ++i) wait_for(name("looked", i));
    write_plain(go, "");
    for (int i = 0; i < kProcesses; ++i) wait_for(name("tried", i));
    write_plain(done, "");
    int winners = 0;
    for (const pid_t child : children) {
      int status = 0;
      waitpid(child, &status, 0);
      winners += WEXITSTATUS(status);
    }
    EXPECT_EQ(winners, 1) << run;
  }
}

}  // namespace
}  // namespace chandelier

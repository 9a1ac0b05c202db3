// Data are identified by the hashes of their files; the path only says where to look. So runs and studies continue
// after their data were moved, and are refused if the path contains other files.

#include <gtest/gtest.h>

#include "study_runs.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class MovedData : public StudyTest {
 protected:
  static constexpr const char* kFlags = "--width 6 --batch 10 --keep-checkpoint --epochs ";

  static std::string epochs(int count) { return kFlags + std::to_string(count); }

  void move_data() const { fs::rename(data(), folder_ / "moved"); }
};

TEST_F(MovedData, ARunGoesOnWhereItsDataAreNow) {
  finish("whole", epochs(2));
  finish("run", epochs(1));
  move_data();
  expect_refused(words("train --resume --out " + run("run").string() + " --epochs 2"), 1, "--data");
  finish("run", epochs(2) + " --resume", "moved");
  EXPECT_TRUE(same_results(run("whole"), run("run")));
  // From now on the folder records where they are.
  EXPECT_EQ(run_program(words("train --resume --out " + run("run").string() + " --epochs 3")).code, 0);
}

TEST_F(MovedData, AnyWayToWriteAPathWillDo) {
  finish("run", epochs(1));
  int count = 1;
  for (const char* const path : {"data/", "./data", "data/../data"}) finish("run", epochs(++count) + " --resume", path);
}

TEST_F(MovedData, OtherFilesAtTheSamePathAreRefused) {
  finish("run", epochs(1));
  move_data();
  fs::create_directory(data());
  write_idx_folder(data(), {.train = 90, .test = 30});
  expect_refused(train("run", epochs(2) + " --resume"), 1, "files differ");
}

TEST_F(MovedData, WhereNothingNamesTheFilesThePathMustStay) {
  finish("run", epochs(2));
  fs::remove(run("run") / "run.json");
  move_data();
  expect_refused(train("run", epochs(3) + " --resume", "moved"), 1, "there is no record of the data");
  fs::rename(folder_ / "moved", data());
  EXPECT_EQ(run_program(train("run", epochs(3) + " --resume")).code, 0);
}

TEST_F(MovedData, AStudyGoesOnWhereItsDataAreNow) {
  const std::string varied = "conditions = [\"ei\", \"inorm\"]\nseeds = ";
  const auto plan_on = [&](const std::string& path, int seeds) {
    plan(varied + std::to_string(seeds) + "\n[settings]\nwidth = 6\nepochs = 1\ndata = \"" + path + "\"\n");
  };
  plan_on(data().string(), 1);
  finish_study("study");
  plan_on(data().string() + "/", 2);
  Outcome outcome = run_program(study("study"));
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_TRUE(names(outcome.text(), "runs that match: 2, left out: 0, missing: 2"));
  EXPECT_EQ(outcome.text().find("] left out:"), std::string::npos) << outcome.text();
  move_data();
  plan_on((folder_ / "moved").string(), 3);
  outcome = run_program(study("study"));
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_EQ(runs_of_status("finished").size(), 6U);
  EXPECT_TRUE(names(outcome.out, "4 of them already done"));
  EXPECT_TRUE(names(run_program("study table " + run("study").string()).out, "n = 3"));
}

}  // namespace
}  // namespace chandelier

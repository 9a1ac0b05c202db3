// Tables of runs: CSV with quotes, results of a plan, and what is refused. That they give the answers of a folder:
// tests/report/answers_test.cpp.

#include "studies/run_table.hpp"

#include <gtest/gtest.h>

#include <fstream>

#include "base/error.hpp"
#include "sentence_of.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

using Records = std::vector<std::vector<std::string>>;

TEST(RunTable, ReadsQuotedFields) {
  EXPECT_EQ(csv_records("a,b\n1,\"2,3\"\n", ""), (Records{{"a", "b"}, {"1", "2,3"}}));
  EXPECT_EQ(csv_records("a,\"say \"\"no\"\"\"\r\n,\"two\nlines\"", ""),
            (Records{{"a", "say \"no\""}, {"", "two\nlines"}}));
  EXPECT_EQ(csv_records("", ""), Records{});
  EXPECT_EQ(csv_records("\xEF\xBB\xBF"
                        "a,\n\n,b",
                        ""),
            (Records{{"a", ""}, {"", "b"}}));
  EXPECT_NE(sentence_of([] { csv_records("a,\"b\n", "here"); }).find("here: a quote"), std::string::npos);
}

class RunTableFiles : public ::testing::Test {
 protected:
  static constexpr const char* kHeading =
      "run,status,shuffle,lr,width,message,last_test_accuracy,collapsed,epochs_done,run_seconds,version,commit,"
      "repeats\n";
  static constexpr const char* kPlan =
      "conditions = [\"inorm\"]\nseeds = [7]\n[grid]\nwidth = [30, 40, 50]\n[settings]\nlr = 0.01\n";

  /// The run of a draw, as a plan names it.
  static std::string run(int draw) { return "runs/inorm-eps0.75-draw" + std::to_string(draw) + "-seed7"; }

  std::vector<StudyResult> read(const std::string& rows, const std::string& more = "") const {
    std::ofstream(folder_ / "runs.csv") << kHeading << rows;
    std::ofstream(folder_ / "more.csv") << kHeading << more;
    return read_run_tables(study_plan_from(kPlan, "plan"), std::vector{folder_ / "runs.csv", folder_ / "more.csv"})
        .results;
  }
  std::string refused(const std::string& rows, const std::string& more = "") const {
    return sentence_of([&] { read(rows, more); });
  }
  static bool has(const std::string& sentence, const std::string& part) {
    return sentence.find(part) != std::string::npos;
  }

  TemporaryFolder folder_;
};

TEST_F(RunTableFiles, GiveTheResultsOfAPlan) {
  const auto results = read(run(0) + ",finished,True,0.010,\"30,30\",,0.8125,False,5.0,1.5,0.3.0,abc,\n" + run(2) +
                            ",diverged,true,0.01,\"50,50\",\"loss is nan, epoch 1\",0.1,,1,1,0.3.0,abc,\n");
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].status, "finished");
  EXPECT_EQ(results[0].test_accuracy, 0.8125);
  EXPECT_EQ(results[0].epochs_done, 5);
  EXPECT_EQ(results[1].status, "missing");
  EXPECT_EQ(results[2].status, "diverged");
  EXPECT_EQ(results[2].message, "loss is nan, epoch 1");
}

TEST_F(RunTableFiles, CompleteEachOther) {
  const std::string finished = run(0) + ",finished,true,0.01,\"30,30\",,0.5,false,5,1,0.3.0,abc,\n";
  const std::string missing = run(0) + ",missing,true,0.01,\"30,30\",,,,,,,,\n";
  const std::string repeats = run(1) + ",repeats,true,0.01,\"40,40\",,,,,,,," + run(0) + "\n";
  for (const auto& [first, second] : {std::pair{finished, missing}, {missing, finished}}) {
    const auto results = read(first + repeats, second + repeats);
    EXPECT_EQ(results[0].test_accuracy, 0.5);
    EXPECT_EQ(results[1].repeats, (RunNumber{0, 7}));
  }
  std::string other = finished;
  other.replace(other.find("0.5,"), 3, "0.6");
  EXPECT_TRUE(has(refused(finished, other), "contradict each other"));
  EXPECT_EQ(read(finished, finished)[0].test_accuracy, 0.5) << "the same row twice";
}

TEST_F(RunTableFiles, LeaveOutRunsOfOtherSettings) {
  const auto results = read(run(0) + ",finished,true,0.02,\"30,30\",,0.5,false,5,1,0.3.0,abc,\n" + run(1) +
                            ",finished,true,0.01,\"40,40\",,0.09,true,5,1,0.3.0,abc,\n" + run(2) +
                            ",finished,true,0.01,\"50,50\",,0.5,TRUE,5,1,0.3.0,abc,\n");
  EXPECT_EQ(results[0].status, "left out");
  EXPECT_TRUE(has(results[0].message, "lr is '0.02' in the table, but '0.01' in the plan")) << results[0].message;
  EXPECT_FALSE(results[1].has_silent_layer) << "its accuracy says that it collapsed";
  EXPECT_TRUE(results[2].has_silent_layer);
}

TEST_F(RunTableFiles, SayWhichValueIsWrong) {
  const auto row = [](const std::string& status, const std::string& accuracy) {
    return run(0) + "," + status + ",true,0.01,\"30,30\",," + accuracy + ",false,5,1,0.3.0,abc,\n";
  };
  EXPECT_TRUE(has(refused(row("finishd", "0.5")), run(0) + ": status 'finishd' is not a status"));
  EXPECT_TRUE(has(refused(row("finished", "85")), "last_test_accuracy '85' is not a fraction from 0 to 1"));
  EXPECT_TRUE(has(refused(row("finished", "0.5x")), "last_test_accuracy '0.5x' is not a number"));
  EXPECT_TRUE(has(refused(run(1) + ",repeats,true,0.01,\"40,40\",,,,,,,," + run(1) + "\n"), "not a run that counts"));
  std::ofstream(folder_ / "bad.csv") << "run,status,run\n";
  EXPECT_TRUE(
      has(sentence_of([&] { read_run_tables(study_plan_from(kPlan, "plan"), std::vector{folder_ / "bad.csv"}); }),
          "two columns run"));
  std::ofstream(folder_ / "bad.csv") << "";
  EXPECT_TRUE(
      has(sentence_of([&] { read_run_tables(study_plan_from(kPlan, "plan"), std::vector{folder_ / "bad.csv"}); }),
          "is empty"));
}

}  // namespace
}  // namespace chandelier

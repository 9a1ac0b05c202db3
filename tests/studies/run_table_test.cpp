// Tables of runs: CSV with quotes, and what is refused. That they give the answers of a folder:
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
  EXPECT_EQ(csv_records("a,\n\n,b", ""), (Records{{"a", ""}, {"", "b"}}));
  EXPECT_NE(sentence_of<DataError>([] { csv_records("a,\"b\n", "here"); }).find("here: a quote"), std::string::npos);
}

class RunTableFiles : public ::testing::Test {
 protected:
  static constexpr const char* kHeading =
      "run,condition,data_set,draw,status,epsilon,seed,lr,width,message,last_test_accuracy,collapsed,epochs_done,"
      "run_seconds,version,commit,repeats\n";

  std::vector<StudyResult> read(const std::string& rows) const {
    std::ofstream(folder_ / "runs.csv") << kHeading << rows;
    return read_run_tables(std::vector{folder_ / "runs.csv"});
  }
  std::string refused(const std::string& rows) const {
    return sentence_of<DataError>([&] { read(rows); });
  }

  TemporaryFolder folder_;
};

TEST_F(RunTableFiles, GivesResultsWithTheirSettings) {
  const auto results = read(
      "runs/a,inorm,FashionMNIST,2,finished,0.75,7,0.01,\"30,20\",,0.8125,false,5,1.5,0.3.0,abc,\n"
      "runs/b,inorm,FashionMNIST,3,diverged,0.75,7,0.5,40,\"loss is nan, epoch 1\",0.1,,1,1,0.3.0,abc,\n"
      "runs/c,inorm,,4,repeats,0.75,7,0.5,40,,,,,,,,runs/a\n");
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].run.condition, "inorm");
  EXPECT_EQ(results[0].run.data, "") << "there is one data set";
  EXPECT_EQ(results[0].run.draw, 2);
  EXPECT_EQ(results[0].run.seed, 7U);
  EXPECT_EQ(results[0].run.settings.lr, 0.01);
  EXPECT_EQ(results[0].run.settings.width, (std::vector<int>{30, 20}));
  EXPECT_EQ(results[0].test_accuracy, 0.8125);
  EXPECT_EQ(results[0].epochs_done, 5);
  EXPECT_EQ(results[1].message, "loss is nan, epoch 1");
  EXPECT_EQ(results[2].repeats, (RunNumber{2, 7}));
}

TEST_F(RunTableFiles, SaysWhichValueIsWrong) {
  const std::string rest = ",,0.8,false,5,1.5,0.3.0,abc,\n";
  EXPECT_NE(refused("runs/a,inorm,,x,finished,0.75,7,0.01,30" + rest).find("row 1: draw 'x' is not a number"),
            std::string::npos);
  EXPECT_NE(refused("runs/a,inorm,,0,finished,,7,0.01,30" + rest).find("row 1: epsilon '' is empty"),
            std::string::npos);
  EXPECT_NE(refused("runs/a,inorm,,0,finished,0.75,7,-1,30" + rest).find("row 1: lr"), std::string::npos);
  EXPECT_NE(refused("runs/a,inorm,,0,repeats,0.75,7,0.1,30,,,,,,,,runs/b\n").find("repeats runs/b"), std::string::npos);
  std::ofstream(folder_ / "empty.csv") << "";
  EXPECT_NE(sentence_of<DataError>([&] { read_run_tables(std::vector{folder_ / "empty.csv"}); }).find("is empty"),
            std::string::npos);
}

}  // namespace
}  // namespace chandelier

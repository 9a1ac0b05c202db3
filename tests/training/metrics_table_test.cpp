#include "training/metrics_table.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "base/files.hpp"
#include "sentence_of.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

class MetricsTableTest : public ::testing::Test {
 protected:
  MetricsTableTest() {
    for (int epoch = 0; epoch < 3; ++epoch) table_.add({double(epoch), 0.25 * epoch, 1.0 / 3});
    table_.write(path_);
  }

  /// The error message when the first rows are read from a file with this text.
  std::string refusal(const std::string& text, int last_epoch = 2) const {
    write_atomically(path_, text);
    MetricsTable other({"epoch", "seconds", "loss"});
    const std::string sentence = sentence_of([&] { other.take_rows(path_, last_epoch); });
    EXPECT_TRUE(names(sentence, path_.string()));
    return sentence;
  }

  TemporaryFolder folder_;
  std::filesystem::path path_ = folder_ / "metrics.csv";
  MetricsTable table_{{"epoch", "seconds", "loss"}};
};

TEST_F(MetricsTableTest, IsNamesThenARowAnEpoch) {
  EXPECT_EQ(read_file(path_, 1 << 20),
            "epoch,seconds,loss\n0,0,0.3333333333333333\n1,0.25,0.3333333333333333\n2,0.5,0.3333333333333333\n");
}

TEST_F(MetricsTableTest, NumbersReadBackToTheSameBits) {
  for (const double value : {0.1, 1.0 / 3, 1e-300, -5e300, 123456789.125, std::nextafter(1.0, 2.0),
                             std::numeric_limits<double>::denorm_min()}) {
    MetricsTable table({"epoch", "value"});
    table.add({0, value});
    table.write(path_);
    MetricsTable again({"epoch", "value"});
    again.take_rows(path_, 0);
    EXPECT_EQ(again.last("value"), value);
  }
}

TEST_F(MetricsTableTest, UndefinedIsNan) {
  MetricsTable table({"epoch", "value"});
  table.add({0, std::nan("")});
  table.write(path_);
  EXPECT_EQ(read_file(path_, 1 << 20), "epoch,value\n0,nan\n");
  EXPECT_TRUE(std::isnan(table.last("value")));
}

TEST_F(MetricsTableTest, TakesTheFirstRowsToTheLetter) {
  MetricsTable other({"epoch", "seconds", "loss"});
  other.take_rows(path_, 1);
  EXPECT_EQ(other.last("seconds"), 0.25);
  other.add({2, 7, 8});
  other.write(folder_ / "other.csv");
  EXPECT_EQ(read_file(folder_ / "other.csv", 1 << 20),
            "epoch,seconds,loss\n0,0,0.3333333333333333\n1,0.25,0.3333333333333333\n2,7,8\n");
}

TEST_F(MetricsTableTest, DamageIsNamed) {
  EXPECT_TRUE(names(refusal("epoch,loss\n0,1\n"), "its columns do not match this run"));
  EXPECT_TRUE(names(refusal(""), "its columns do not match this run"));
  EXPECT_TRUE(names(refusal("epoch,seconds,loss\n0,0,1\n1,0,1\n"), "the row of epoch 2 is missing"));
  EXPECT_TRUE(names(refusal("epoch,seconds,loss\n0,0,1\n2,0,1\n"), "the row of epoch 1 is missing"));
  EXPECT_TRUE(names(refusal("epoch,seconds,loss\n0,0,1\n10,0,1\n2,0,1\n"), "the row of epoch 1 is missing"));
  EXPECT_TRUE(names(refusal("epoch,seconds,loss\n0,0,1\n1,0\n2,0,1\n"), "the row of epoch 1 is missing or incomplete"));
  EXPECT_TRUE(names(refusal("epoch,seconds,loss\n0,0,1,5\n", 0), "the row of epoch 0 is missing or incomplete"));
}

TEST_F(MetricsTableTest, RowsFitTheColumns) {
  EXPECT_THROW(table_.add({3, 1}), Bug);
  EXPECT_THROW(table_.last("accuracy"), Bug);
  EXPECT_THROW(MetricsTable({"epoch"}).last("epoch"), Bug);
}

}  // namespace
}  // namespace chandelier

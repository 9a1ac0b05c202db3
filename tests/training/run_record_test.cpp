#include "training/run_record.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <regex>

#include "base/error.hpp"
#include "base/files.hpp"
#include "base/version.hpp"
#include "idx_writer.hpp"
#include "sentence_of.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

RunRecord example() {
  RunRecord record;
  record.status = "stopped";
  record.version = "1.2.3";
  record.commit = "abc";
  record.host = "host";
  record.cpu = "cpu";
  record.started = "2026-01-02T03:04:05Z";
  record.ended = "2026-01-02T03:05:05Z";
  record.seconds = 59.75;
  record.epochs_done = 7;
  record.test_accuracy = 1.0 / 3;
  record.test_loss = 2.5;
  record.data_name = "clothes";
  record.data_sha256 = {{"test_images", "00"}, {"train_images", "ff"}};
  record.sessions = {{"old", "slow", "aaa", "bf16 by hand", "17_3", "2026-01-02T03:04:05Z", 0},
                     {"host", "cpu", "abc", "", "", "2026-01-03T03:04:05Z", 3}};
  record.message = "a \"quoted\" word";
  return record;
}

class RunRecordTest : public ::testing::Test {
 protected:
  std::string refusal(const std::string& text) const {
    write_atomically(folder_ / "run.json", text);
    const std::string sentence = sentence_of([&] { read_record(folder_.path()); });
    EXPECT_TRUE(names(sentence, (folder_ / "run.json").string()));
    return sentence;
  }
  nlohmann::json written(const RunRecord& record) const {
    write_record(folder_.path(), record);
    return nlohmann::json::parse(read_file(folder_ / "run.json", 1 << 20));
  }
  TemporaryFolder folder_;
};

TEST_F(RunRecordTest, ReadsBackWhatWasWritten) {
  const RunRecord record = example();
  write_record(folder_.path(), record);
  const RunRecord again = read_record(folder_.path());
  EXPECT_EQ(again.status, record.status);
  EXPECT_EQ(again.version, record.version);
  EXPECT_EQ(again.commit, record.commit);
  EXPECT_EQ(again.host, record.host);
  EXPECT_EQ(again.cpu, record.cpu);
  EXPECT_EQ(again.started, record.started);
  EXPECT_EQ(again.ended, record.ended);
  EXPECT_EQ(again.seconds, record.seconds);
  EXPECT_EQ(again.epochs_done, record.epochs_done);
  EXPECT_EQ(again.test_accuracy, record.test_accuracy);
  EXPECT_EQ(again.test_loss, record.test_loss);
  EXPECT_EQ(again.data_name, record.data_name);
  EXPECT_EQ(again.data_sha256, record.data_sha256);
  EXPECT_EQ(again.message, record.message);
  ASSERT_EQ(again.sessions.size(), 2U);
  EXPECT_EQ(again.sessions[0].host, "old");
  EXPECT_EQ(again.sessions[0].cpu, "slow");
  EXPECT_EQ(again.sessions[0].commit, "aaa");
  EXPECT_EQ(again.sessions[0].array_task, "17_3");
  EXPECT_EQ(again.sessions[0].products, "bf16 by hand");
  EXPECT_EQ(again.sessions[1].array_task, "");
  EXPECT_EQ(again.sessions[1].started, "2026-01-03T03:04:05Z");
  EXPECT_EQ(again.sessions[1].after_epoch, 3);
}

TEST_F(RunRecordTest, ManyInterruptionsHaveRoom) {
  RunRecord record = example();
  record.sessions.assign(5000, record.sessions[0]);
  write_record(folder_.path(), record);
  EXPECT_EQ(read_record(folder_.path()).sessions.size(), 5000U);
}

TEST_F(RunRecordTest, WhatIsNotKnownYetIsNull) {
  const nlohmann::json json = written(RunRecord());
  EXPECT_EQ(json["status"], "running");
  EXPECT_TRUE(json["ended"].is_null());
  EXPECT_TRUE(json["test_accuracy"].is_null());
  EXPECT_TRUE(json["test_loss"].is_null());
  const RunRecord again = read_record(folder_.path());
  EXPECT_EQ(again.ended, "");
  EXPECT_FALSE(again.test_accuracy);
  EXPECT_FALSE(again.test_loss);
}

TEST_F(RunRecordTest, TextThatIsNotUtf8IsReplaced) {
  RunRecord record = example();
  record.host = "h\xff";
  EXPECT_EQ(written(record)["host"], "h\xef\xbf\xbd");
}

TEST_F(RunRecordTest, DamageIsNamed) {
  EXPECT_TRUE(names(sentence_of([&] { read_record(folder_ / "nowhere"); }), "nowhere/run.json"));
  EXPECT_TRUE(names(refusal(""), "not a JSON object"));
  EXPECT_TRUE(names(refusal("{\"status\": \"run"), "not a JSON object"));
  EXPECT_TRUE(names(refusal("[1]"), "not a JSON object"));
  EXPECT_TRUE(names(refusal("{}"), "'status' is missing"));
  EXPECT_TRUE(names(refusal("{\"status\": 3}"), "'status' is missing"));
  for (const std::string number : {"1e+99", "-1", "2.5", "3000000000", "\"7\"", "null"})
    EXPECT_TRUE(
        names(refusal("{\"status\": \"stopped\", \"epochs_done\": " + number + "}"), "'epochs_done' is " + number));
}

TEST_F(RunRecordTest, BeginsWithThisMachineBuildAndData) {
  write_idx_folder(folder_.path());
  const auto dataset = load_dataset(folder_.path().string(), 10);
  const RunRecord record = new_record(*dataset, "fp32 by hand");
  EXPECT_EQ(record.status, "running");
  EXPECT_EQ(record.version, version());
  EXPECT_EQ(record.commit, commit());
  EXPECT_NE(record.host, "");
  EXPECT_NE(record.cpu, "");
  EXPECT_EQ(record.ended, "");
  ASSERT_EQ(record.sessions.size(), 1U);
  EXPECT_EQ(record.sessions[0].cpu, record.cpu);
  EXPECT_EQ(record.sessions[0].products, "fp32 by hand");
  EXPECT_EQ(record.sessions[0].after_epoch, 0);
  EXPECT_EQ(record.data_name, folder_.path().filename().string());
  EXPECT_EQ(record.data_sha256, hashes_of(*dataset));
  ASSERT_EQ(record.data_sha256.size(), 4U);
  EXPECT_EQ(record.data_sha256.at("train_labels"), dataset->train.labels_sha256);
  EXPECT_TRUE(std::regex_match(record.started, std::regex(R"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)"))) << record.started;
}

}  // namespace
}  // namespace chandelier

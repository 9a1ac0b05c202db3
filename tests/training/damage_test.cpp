// A run whose files are cut at any length, or have any byte changed, either continues to bitwise identical results or
// reports that it starts over. Damaged state is never mistaken for intact state.

#include <gtest/gtest.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "data/dataset.hpp"
#include "in_memory.hpp"
#include "run_folder.hpp"
#include "training/checkpoint.hpp"
#include "training/network_builder.hpp"
#include "training/run_folder.hpp"
#include "training/run_training.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class Notes final : public RunObserver {
 public:
  void on_note(const std::string& sentence) override { text += sentence + "\n"; }
  std::string text;
};

class AnyByte : private InMemory, public RunTest {
 protected:
  static constexpr const char* kCheckpoint = "checkpoint.safetensors";

  AnyByte() : RunTest({.train = 4, .test = 2, .rows = 2, .columns = 1, .classes = 2}) {
    settings_.circuit = "ei";
    settings_.condition = "";
    settings_.error_norm = "none";
    settings_.width = {2};
    settings_.depth = 1;
    settings_.inhibitory_fraction = 0.5;
    settings_.classes = 2;
    settings_.batch = 4;
    settings_.momentum = 0.5;
    settings_.measure = {"mean"};  // its digits are at the end of the rows of metrics.csv
    settings_.data = data().string();
    settings_.keep_checkpoint = true;
    dataset_ = load_dataset(settings_.data, settings_.classes);
    settings_.epochs = 2;
    train_run("whole");
    settings_.epochs = 1;
    train_run("one");
    settings_.epochs = 2;
  }

  /// @returns the notes.
  std::string train_run(const std::string& name) const {
    const StopRequest stop{0};
    Notes notes;
    EXPECT_EQ(run_training(settings_, dataset_, run(name), true, stop, notes).status, "finished");
    return notes.text;
  }

  /// Continues the run of one epoch with other contents in this file. @returns the notes.
  std::string continued_with(const char* file, const std::string& bytes) const {
    fs::remove_all(run("run"));
    fs::copy(run("one"), run("run"), fs::copy_options::recursive);
    write_plain(run("run") / file, bytes);
    const std::string notes = train_run("run");
    EXPECT_TRUE(same_results(run("whole"), run("run")));
    EXPECT_EQ(read_record(run("run")).epochs_done, 2);
    return notes;
  }

  static bool went_on(const std::string& notes) { return notes.find("continuing after 1 of 2") != std::string::npos; }
  static ::testing::AssertionResult started_over(const std::string& notes, const fs::path& why) {
    return went_on(notes) || notes.find(why.string()) == std::string::npos ||
                   notes.find("the run starts over from epoch 0 (its earlier files were moved to ") == std::string::npos
               ? ::testing::AssertionFailure() << notes
               : ::testing::AssertionSuccess();
  }

  Settings settings_;
  std::shared_ptr<const Dataset> dataset_;
};

TEST_F(AnyByte, CutOffACheckpoint) {
  const std::string whole = bytes_of(run("one") / kCheckpoint);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    ASSERT_TRUE(started_over(continued_with(kCheckpoint, whole.substr(0, size)), run("run") / kCheckpoint));
    ASSERT_EQ(bytes_of(run("run") / "set-aside-1" / kCheckpoint), whole.substr(0, size));
  }
  EXPECT_TRUE(went_on(continued_with(kCheckpoint, whole)));
}

TEST_F(AnyByte, ChangedInACheckpoint) {
  const std::string whole = bytes_of(run("one") / kCheckpoint);
  std::size_t went_on_with = 0;
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1 << at % 8);
    SCOPED_TRACE(at);
    const std::string notes = continued_with(kCheckpoint, changed);  // which compares the result
    went_on_with += went_on(notes);
    ASSERT_TRUE(went_on(notes) || started_over(notes, run("run") / kCheckpoint));
  }
  EXPECT_LE(went_on_with, 8U);  // spaces after the header
}

TEST_F(AnyByte, ChangedInTheTensorsOfACheckpoint) {
  const std::string whole = bytes_of(run("one") / kCheckpoint);
  std::uint64_t header = 0;
  std::memcpy(&header, whole.data(), sizeof header);
  for (std::size_t at = sizeof header + header; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    ASSERT_TRUE(names(continued_with(kCheckpoint, changed), "the file is damaged, as its checksum does not match"))
        << at;
  }
}

TEST_F(AnyByte, CutOffTheMetrics) {
  const std::string whole = bytes_of(run("one") / "metrics.csv");
  // Without its last line break, the table is still complete.
  for (std::size_t size = 0; size + 1 < whole.size(); ++size)
    ASSERT_TRUE(started_over(continued_with("metrics.csv", whole.substr(0, size)), run("run") / "metrics.csv")) << size;
  EXPECT_TRUE(went_on(continued_with("metrics.csv", whole.substr(0, whole.size() - 1))));
}

TEST_F(AnyByte, ChangedInTheMetrics) {
  const std::string whole = bytes_of(run("one") / "metrics.csv");
  for (std::size_t at = 0; at + 1 < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    ASSERT_TRUE(started_over(continued_with("metrics.csv", changed), run("run") / "metrics.csv")) << at;
  }
}

TEST_F(AnyByte, CutOffTheRecord) {
  const std::string whole = bytes_of(run("one") / "run.json");
  for (std::size_t size = 0; size + 1 < whole.size(); ++size) {
    const std::string notes = continued_with("run.json", whole.substr(0, size));
    ASSERT_TRUE(went_on(notes)) << size << notes;
    ASSERT_TRUE(names(notes, (run("run") / "run.json").string() + ": it is not a JSON object"));
    ASSERT_TRUE(names(notes, "the run continues without it"));
    ASSERT_TRUE(names(read_record(run("run")).message, "the run continues without it"));
    ASSERT_EQ(bytes_of(run("run") / "set-aside-1" / "run.json"), whole.substr(0, size));
  }
}

TEST_F(AnyByte, ChangedInTheRecord) {
  const std::string whole = bytes_of(run("one") / "run.json");
  for (std::size_t at = 0; at < whole.size(); ++at) {
    std::string changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1 << at % 8);
    fs::remove_all(run("run"));
    fs::copy(run("one"), run("run"), fs::copy_options::recursive);
    write_plain(run("run") / "run.json", changed);
    const StopRequest stop{0};
    Notes notes;
    try {
      run_training(settings_, dataset_, run("run"), true, stop, notes);
      ASSERT_TRUE(went_on(notes.text)) << at << notes.text;
      ASSERT_TRUE(same_results(run("whole"), run("run")));
    } catch (const DataError& error) {
      // A changed hash looks like different data.
      ASSERT_TRUE(names(error.what(), "this run was trained on data, whose files differ"));
      ASSERT_EQ(bytes_of(run("run") / kCheckpoint), bytes_of(run("one") / kCheckpoint));
    }
  }
}

TEST_F(AnyByte, OfTheEpochsDone) {
  std::string changed = bytes_of(run("one") / "run.json");
  const std::string field = "\"epochs_done\": ";
  const std::size_t at = changed.find(field) + field.size();
  ASSERT_EQ(changed.at(at), '1');
  for (const char digit : {'0', '3', '9'}) {
    changed[at] = digit;
    EXPECT_TRUE(went_on(continued_with("run.json", changed))) << digit;
  }
}

TEST_F(AnyByte, CutOffTheSettings) {
  const std::string whole = bytes_of(run("one") / "config.toml");
  const auto before = contents_of(run("one"));
  int refused = 0, wrong = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    SCOPED_TRACE(size);
    fs::remove_all(run("run"));
    fs::copy(run("one"), run("run"), fs::copy_options::recursive);
    write_plain(run("run") / "config.toml", whole.substr(0, size));
    const StopRequest stop{0};
    Notes notes;
    try {
      // Like `train --resume`, which takes the settings from there.
      Settings cut = recorded_settings(run("run"));
      cut.epochs = 2;
      cut.data = settings_.data;
      cut.keep_checkpoint = true;
      run_training(cut, dataset_, run("run"), true, stop, notes);
      ASSERT_TRUE(went_on(notes.text)) << notes.text;
      ASSERT_TRUE(same_results(run("whole"), run("run")));
    } catch (const SettingError& error) {
      ASSERT_TRUE(names(error.what(), run("run").string()));
      wrong += std::string(error.what()).find("in checkpoint.safetensors; correct it") != std::string::npos;
      ++refused;
      ASSERT_EQ(bytes_of(run("run") / kCheckpoint), before.at((run("one") / kCheckpoint).string()));
    }
  }
  EXPECT_GT(refused, 100);
  EXPECT_GT(wrong, 5);
}

TEST_F(AnyByte, CutOffTheNumberOfEpochs) {
  settings_.epochs = 12;
  const StopRequest stop{15};
  RunObserver observer;
  run_training(settings_, dataset_, run("run"), true, stop, observer);
  settings_.epochs = 1;
  write_plain(run("run") / "config.toml", to_toml(settings_));
  EXPECT_TRUE(names(sentence_of<SettingError>([&] { train_run("run"); }),
                    "config.toml: epochs is 1 here, but 12 in checkpoint.safetensors"));
}

TEST_F(AnyByte, TheRecordOfAFinishedRun) {
  const std::string metrics = bytes_of(run("whole") / "metrics.csv");
  fs::remove(run("whole") / kCheckpoint);
  fs::copy(run("whole"), run("copy"), fs::copy_options::recursive);
  write_plain(run("copy") / "run.json", "{}");
  const std::string notes = train_run("copy");
  EXPECT_TRUE(started_over(notes, run("copy") / "run.json"));
  EXPECT_TRUE(same_results(run("whole"), run("copy")));
  EXPECT_TRUE(same_results(run("whole"), run("copy") / "set-aside-1"));
  // A second time: the files moved aside before stay.
  fs::remove(run("copy") / kCheckpoint);
  fs::remove(run("copy") / "run.json");
  EXPECT_TRUE(names(train_run("copy"), run("copy").string() + ": the checkpoint is missing; the run starts over"));
  EXPECT_EQ(bytes_of(run("copy") / "set-aside-1" / "metrics.csv"), metrics);
  EXPECT_TRUE(same_results(run("whole"), run("copy") / "set-aside-2"));
}

TEST_F(AnyByte, ARecordedEpochWithoutACheckpoint) {
  fs::remove(run("one") / kCheckpoint);
  fs::remove(run("one") / "weights.safetensors");
  RunRecord record = read_record(run("one"));
  record.status = "stopped";
  write_record(run("one"), record);
  const std::string metrics = bytes_of(run("one") / "metrics.csv");
  EXPECT_TRUE(names(train_run("one"), "the checkpoint is missing; the run starts over"));
  EXPECT_EQ(bytes_of(run("one") / "set-aside-1" / "metrics.csv"), metrics);
}

TEST_F(AnyByte, TrainedRowsWithoutACheckpoint) {
  // Killed after writing the rows of an epoch, before its checkpoint; then the previous checkpoint is lost.
  RunRecord record = read_record(run("one"));
  record.status = "running";
  record.epochs_done = 0;
  write_record(run("one"), record);
  fs::remove(run("one") / kCheckpoint);
  fs::remove(run("one") / "weights.safetensors");
  const std::string metrics = bytes_of(run("one") / "metrics.csv");
  EXPECT_TRUE(names(train_run("one"), "the checkpoint is missing; the run starts over"));
  EXPECT_EQ(bytes_of(run("one") / "set-aside-1" / "metrics.csv"), metrics);
  EXPECT_TRUE(same_results(run("whole"), run("one")));
}

TEST_F(AnyByte, NoRecord) {
  fs::remove(run("one") / "run.json");
  const std::string notes = train_run("one");
  EXPECT_TRUE(went_on(notes));
  EXPECT_TRUE(names(notes, (run("one") / "run.json").string() + " is missing; the run continues without it"));
  EXPECT_TRUE(names(read_record(run("one")).message, "is missing; the run continues without it"));
  EXPECT_TRUE(same_results(run("whole"), run("one")));
}

TEST_F(AnyByte, FilesThatCannotBeReadAreLeftAlone) {
  for (const char* file : {kCheckpoint, "metrics.csv", "run.json"}) {
    fs::remove_all(run("run"));
    fs::copy(run("one"), run("run"), fs::copy_options::recursive);
    fs::remove(run("run") / file);
    fs::create_directory(run("run") / file);  // which not even root can read as a file
    const auto before = contents_of(run("run"));
    EXPECT_TRUE(names(sentence_of<DataError>([&] { train_run("run"); }),
                      "cannot read " + (run("run") / file).string() + ": Is a directory"));
    EXPECT_EQ(contents_of(run("run")), before);
  }
}

TEST_F(AnyByte, AFinishedRunNeedsNoCheckpoint) {
  ASSERT_TRUE(fs::exists(run("whole") / kCheckpoint));
  train_run("whole");
  EXPECT_TRUE(fs::exists(run("whole") / kCheckpoint));  // as requested
  settings_.keep_checkpoint = false;
  train_run("whole");  // like a run that was killed at its end
  EXPECT_FALSE(fs::exists(run("whole") / kCheckpoint));
}

TEST_F(AnyByte, SessionsBeforeTheFirstCheckpointAreListed) {
  fs::remove(run("one") / kCheckpoint);
  fs::remove(run("one") / "weights.safetensors");
  fs::remove(run("one") / "metrics.csv");
  RunRecord record = read_record(run("one"));
  record.status = "running";
  record.epochs_done = 0;
  record.sessions[0].host = "another machine";
  write_record(run("one"), record);
  EXPECT_TRUE(names(train_run("one"), "there is no checkpoint yet"));
  ASSERT_EQ(read_record(run("one")).sessions.size(), 2U);
  EXPECT_EQ(read_record(run("one")).sessions[0].host, "another machine");
}

TEST_F(AnyByte, SessionsAreListed) {
  const auto session = [&](std::size_t i) {
    return nlohmann::json::parse(bytes_of(run("one") / "run.json")).at("sessions").at(i);
  };
  RunRecord elsewhere = read_record(run("one"));
  ASSERT_EQ(elsewhere.sessions.size(), 1U);
  EXPECT_EQ(elsewhere.sessions[0].host, elsewhere.host);
  elsewhere.host = elsewhere.sessions[0].host = "another machine";
  elsewhere.sessions[0].commit = "another build";
  elsewhere.sessions[0].started = "2001-02-03T04:05:06Z";
  write_record(run("one"), elsewhere);
  train_run("one");
  EXPECT_EQ(session(0), nlohmann::json({{"host", "another machine"},
                                        {"cpu", elsewhere.cpu},
                                        {"commit", "another build"},
                                        {"target", elsewhere.sessions[0].target},
                                        {"started", "2001-02-03T04:05:06Z"},
                                        {"after_epoch", 0}}));
  const RunRecord record = read_record(run("one"));
  ASSERT_EQ(record.sessions.size(), 2U);
  EXPECT_EQ(session(1)["host"], record.host);
  EXPECT_NE(record.host, "another machine");
  EXPECT_EQ(session(1)["commit"], record.commit);
  EXPECT_EQ(session(1)["after_epoch"], 1);
  EXPECT_EQ(record.started, elsewhere.started);  // the start of the run
}

TEST_F(AnyByte, WhatWasSaidOutlastsAStop) {
  write_plain(run("one") / "run.json", "{");
  const StopRequest stop{15};
  Notes notes;
  EXPECT_EQ(run_training(settings_, dataset_, run("one"), true, stop, notes).status, "stopped");
  EXPECT_TRUE(names(read_record(run("one")).message, "the run continues without it"));
  train_run("one");
  EXPECT_TRUE(names(read_record(run("one")).message, "the run continues without it"));
}

}  // namespace
}  // namespace chandelier

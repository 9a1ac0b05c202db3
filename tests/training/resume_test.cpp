// However often and wherever a run is interrupted, its results are bitwise identical to those of an undisturbed run.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iterator>
#include <tuple>
#include <utility>

#include "data/dataset.hpp"
#include "run_folder.hpp"
#include "training/checkpoint.hpp"
#include "training/run_folder.hpp"
#include "training/run_training.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

/// Enough images to have time to interrupt an epoch.
constexpr SmallSet kManyImages{.train = 4000, .test = 400, .rows = 8, .columns = 8};

using Flags = std::pair<const char*, const char*>;  ///< a name, and the flags

class Killed : public RunTest, public ::testing::WithParamInterface<Flags> {
 protected:
  Killed() : RunTest(kManyImages) {}
};

TEST_P(Killed, AfterEveryEpoch) {
  constexpr int kEpochs = 4;
  const std::string flags = std::string(GetParam().second) + " --epochs " + std::to_string(kEpochs);
  finish("whole", flags);
  int killed = 0;
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    Program program(train("killed", flags + (epoch == 0 ? "" : " --resume")));
    ASSERT_TRUE(wait_until([&] { return program.ended() || epochs_done(run("killed")) >= epoch; }));
    program.signal(SIGKILL);
    killed += program.wait().code == -SIGKILL;
  }
  EXPECT_GE(killed, kEpochs - 1);
  finish("killed", flags + " --resume");
  EXPECT_TRUE(same_results(run("whole"), run("killed")));
}

INSTANTIATE_TEST_SUITE_P(
    Updates, Killed,
    ::testing::Values(Flags{"Sgd", "--measure mean"},
                      Flags{"Momentum",
                            "--condition ei-ln --measure none --momentum 0.9 --momentum-inhibitory 0.5 "
                            "--nesterov --weight-decay 1e-4"},
                      Flags{"Exponentiated",
                            "--update exponentiated --momentum 0.5 --momentum-inhibitory 0.5 "
                            "--weight-decay 1e-3 --measure reference"},
                      Flags{"Bf16", "--precision bf16 --measure mean"},
                      Flags{"Bf16WithMomentum",
                            "--precision bf16 --depth 3 --batch 33 --momentum 0.9 --momentum-inhibitory 0.5 "
                            "--weight-decay 1e-4 --measure none"},
                      Flags{"RulesThatLearnInDrift",
                            "--error-norm dendritic-burst,dendritic --error-interneurons 3 --feedback kolen-pollack "
                            "--weight-decay 1e-3 --momentum 0.5 --luminosity drift --measure uniform_share_delta"}),
    [](const auto& tested) { return std::string(tested.param.first); });

class Stopped : public RunTest, public ::testing::WithParamInterface<int> {
 protected:
  Stopped() : RunTest(kManyImages) {}
};

TEST_P(Stopped, BySignal) {
  const std::string flags = "--epochs 5 --momentum 0.5 --measure none";
  finish("whole", flags);
  const std::filesystem::path stopped = run("the run's folder");
  std::vector<std::string> arguments = train("", flags);
  *std::next(std::find(arguments.begin(), arguments.end(), "--out")) = stopped.string();
  Program program(arguments);
  ASSERT_TRUE(wait_until([&] { return program.ended() || epochs_done(stopped) >= 1; }));
  program.signal(GetParam());
  const Outcome outcome = program.wait();
  EXPECT_EQ(outcome.code, 128 + GetParam()) << outcome.text();
  EXPECT_EQ(outcome.out.find('\033'), std::string::npos);
  const RunRecord record = read_record(stopped);
  EXPECT_EQ(record.status, "stopped");
  EXPECT_NE(record.ended, "");
  EXPECT_EQ(std::to_string(record.epochs_done), metric(stopped, "epoch").back());
  EXPECT_EQ(record.test_accuracy, std::stod(metric(stopped, "test_accuracy").back()));

  // The printed command works in a shell as it is.
  const std::string said = "stopped; continue with: ";
  ASSERT_TRUE(outcome.err.starts_with(said) && outcome.err.ends_with('\n')) << outcome.err;
  const std::string command = outcome.err.substr(said.size(), outcome.err.size() - said.size() - 1);
  ASSERT_EQ(std::system((command + " > " + (folder_ / "output").string()).c_str()), 0) << command;
  EXPECT_TRUE(names(bytes_of(folder_ / "output"), ": continuing after "));
  EXPECT_TRUE(same_results(run("whole"), stopped));
  EXPECT_GT(read_record(stopped).seconds, record.seconds);
}

INSTANTIATE_TEST_SUITE_P(Signals, Stopped, ::testing::Values(SIGINT, SIGTERM),
                         [](const auto& tested) { return tested.param == SIGINT ? "Sigint" : "Sigterm"; });

/// Requests a stop at the first progress report beyond this many steps of an epoch.
class StopWithin final : public RunObserver {
 public:
  StopWithin(int epoch, Index images) : epoch_(epoch), images_(images) {}
  void on_progress(int epochs_done, Index images_done, Index) override {
    if (epochs_done + 1 == epoch_ && images_done >= images_) stop = SIGTERM;
  }
  StopRequest stop{0};

 private:
  int epoch_;
  Index images_;
};

class StoppedWithin : public RunTest {
 protected:
  StoppedWithin() : RunTest({.train = 400, .test = 50}) {
    settings_.width = {10, 10};
    settings_.batch = 2;
    settings_.epochs = 2;
    settings_.momentum = 0.9;
    settings_.momentum_inhibitory = 0.5;
    settings_.measure = {"reference"};
    settings_.data = data().string();
    dataset_ = load_dataset(settings_.data, settings_.classes);
  }

  RunRecord train_until(const std::string& name, int epoch, Index images) const {
    StopWithin observer(epoch, images);
    return run_training(settings_, dataset_, run(name), true, observer.stop, observer);
  }
  RunRecord train_to_the_end(const std::string& name) const { return train_until(name, settings_.epochs + 1, 0); }

  Settings settings_;
  std::shared_ptr<const Dataset> dataset_;
};

TEST_F(StoppedWithin, AnEpochAtAnyStep) {
  EXPECT_EQ(train_to_the_end("whole").status, "finished");
  for (const auto& [epoch, images, step] : {std::tuple{1, 1, "1"}, {1, 100, "65"}, {2, 350, "193"}, {2, 1, "1"}}) {
    const std::string name = std::to_string(epoch) + "-" + step;
    EXPECT_EQ(train_until(name, epoch, images).status, "stopped");
    const TensorFile checkpoint = read_tensors(run(name) / "checkpoint.safetensors");
    EXPECT_EQ(checkpoint.metadata.at("epochs_done"), std::to_string(epoch - 1));
    EXPECT_EQ(checkpoint.metadata.at("steps_done"), step);
    EXPECT_EQ(train_to_the_end(name).status, "finished");
    EXPECT_TRUE(same_results(run("whole"), run(name)));
  }
}

TEST_F(StoppedWithin, AnEpochWithWeightsThatAreNotFinite) {
  settings_.circuit = "e";
  settings_.condition = settings_.error_norm = "";
  settings_.error_norm = "none";
  settings_.lr = 1e39;
  const RunRecord record = train_until("run", 1, 1);
  EXPECT_EQ(record.status, "diverged");
  EXPECT_EQ(record.message, "a weight was no longer finite after step 1 of epoch 1");
  EXPECT_EQ(read_tensors(run("run") / "checkpoint.safetensors").metadata.at("steps_done"), "0");
}

/// Folders as left by an interruption between two files, or by a damaged disk.
class Damaged : public RunTest {
 protected:
  static constexpr const char* kFlags = "--momentum 0.5 --keep-checkpoint";

  Damaged() {
    finish("whole", with_epochs(3));
    finish("two", with_epochs(2));
  }

  static std::string with_epochs(int epochs) { return kFlags + std::string(" --epochs ") + std::to_string(epochs); }

  /// A copy of the run of two epochs.
  fs::path copy(const std::string& name) const {
    fs::remove_all(run(name));
    fs::copy(run("two"), run(name), fs::copy_options::recursive);
    return run(name);
  }

  /// Continues to three epochs. @returns the output.
  std::string resume(const std::string& name) const {
    const Outcome outcome = run_program(train(name, with_epochs(3) + " --resume"));
    EXPECT_EQ(outcome.code, 0) << outcome.text();
    EXPECT_TRUE(same_results(run("whole"), run(name)));
    EXPECT_EQ(read_record(run(name)).test_accuracy, read_record(run("whole")).test_accuracy);
    EXPECT_EQ(read_record(run(name)).test_loss, read_record(run("whole")).test_loss);
    return outcome.out;
  }

  void expect_start_over(const std::string& name, const std::string& what) const {
    const std::string out = resume(name);
    EXPECT_NE(out.find(what), std::string::npos) << what << "\nin: " << out;
    EXPECT_NE(out.find("; the run starts over from epoch 0"), std::string::npos) << out;
    EXPECT_NE(out.find("epoch 0/3"), std::string::npos) << out;
    EXPECT_NE(read_record(run(name)).message.find("starts over"), std::string::npos);
  }
};

TEST_F(Damaged, NotAtAllGoesOnToMoreEpochs) {
  RunRecord record = read_record(copy("copy"));
  record.started = "2001-02-03T04:05:06Z";
  write_record(run("copy"), record);
  const std::string out = resume("copy");
  EXPECT_EQ(read_record(run("copy")).started, record.started);
  EXPECT_NE(out.find(": continuing after 2 of 3 epochs"), std::string::npos) << out;
  EXPECT_EQ(out.find("epoch 2/3"), std::string::npos) << out;
  EXPECT_EQ(read_record(run("copy")).message, "");
  EXPECT_EQ(recorded_settings(run("copy")).epochs, 3);
}

TEST_F(Damaged, CheckpointCutAtAnyLength) {
  const std::string whole = bytes_of(run("two") / "checkpoint.safetensors");
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{7}, std::size_t{8}, std::size_t{200}, whole.size() / 2, whole.size() - 1}) {
    write_plain(copy("cut") / "checkpoint.safetensors", whole.substr(0, size));
    expect_start_over("cut", "checkpoint.safetensors");
  }
  write_plain(copy("long") / "checkpoint.safetensors", whole + "x");
  expect_start_over("long", "checkpoint.safetensors");
}

TEST_F(Damaged, CheckpointOfSomethingElse) {
  const fs::path path = copy("copy") / "checkpoint.safetensors";
  const TensorFile whole = read_tensors(path);
  const auto with = [&](auto change) {
    copy("copy");
    TensorFile file = whole;
    change(file);
    seal(file);
    write_tensors(path, file);
  };
  with([](TensorFile& file) { file.metadata.erase("steps_done"); });
  expect_start_over("copy", "'steps_done' is missing");
  with([](TensorFile& file) { file.metadata["steps_done"] = "4"; });
  expect_start_over("copy", "at step 4 after 2 epochs, which is outside this run");
  with([](TensorFile& file) { file.metadata["epochs_done"] = "4"; });
  expect_start_over("copy", "at step 0 after 4 epochs, which is outside this run");
  with([](TensorFile& file) { file.metadata["epochs_done"] = "-1"; });
  expect_start_over("copy", "'epochs_done' is not a number");
  with([](TensorFile& file) { file.tensors.erase("hidden0.Wex.velocity"); });
  expect_start_over("copy", "hidden0.Wex.velocity");
  with([](TensorFile& file) { file.put("hidden0.Wex", ConstMatrixView(nullptr, 0, 0)); });
  expect_start_over("copy", "hidden0.Wex");
}

TEST_F(Damaged, MetricsWithoutARow) {
  const std::string whole = bytes_of(run("two") / "metrics.csv");
  const std::string without_last = whole.substr(0, whole.rfind("\n2,") + 1);
  write_plain(copy("copy") / "metrics.csv", without_last);
  expect_start_over("copy", "metrics.csv: the row of epoch 2 is missing");
  write_plain(copy("copy") / "metrics.csv", whole.substr(0, whole.size() - 40));
  expect_start_over("copy", "metrics.csv: the row of epoch 2 is missing or incomplete");
  write_plain(copy("copy") / "metrics.csv", "");
  expect_start_over("copy", "metrics.csv: its columns do not match this run");
  fs::remove(copy("copy") / "metrics.csv");
  expect_start_over("copy", "metrics.csv");
}

TEST_F(Damaged, KilledBetweenMetricsAndCheckpoint) {
  finish("one", with_epochs(1));
  copy("copy");
  for (const char* file : {"checkpoint.safetensors", "run.json"})
    fs::copy(run("one") / file, run("copy") / file, fs::copy_options::overwrite_existing);
  const std::string longer = bytes_of(run("two") / "metrics.csv");
  write_plain(run("copy") / "metrics.csv",
              bytes_of(run("one") / "metrics.csv") + longer.substr(longer.rfind("\n2,") + 1));
  const std::string out = resume("copy");
  EXPECT_NE(out.find(": continuing after 1 of 3 epochs"), std::string::npos) << out;
}

TEST_F(Damaged, KilledBetweenCheckpointAndRecord) {
  finish("one", with_epochs(1));
  RunRecord record = read_record(run("one"));
  record.status = "running";
  write_record(copy("copy"), record);
  finish("copy", with_epochs(2) + " --resume");
  EXPECT_TRUE(same_results(run("two"), run("copy")));
  // If it is stopped before another epoch is done, the record agrees with the checkpoint.
  write_record(copy("copy"), record);
  const Settings settings = [&] {
    Settings more = recorded_settings(run("copy"));
    more.epochs = 3;
    return more;
  }();
  const StopRequest stop{SIGTERM};
  RunObserver observer;
  const RunRecord stopped =
      run_training(settings, load_dataset(settings.data, settings.classes), run("copy"), true, stop, observer);
  EXPECT_EQ(stopped.status, "stopped");
  EXPECT_EQ(stopped.epochs_done, 2);
  EXPECT_EQ(stopped.test_accuracy, read_record(run("two")).test_accuracy);
  EXPECT_EQ(stopped.test_loss, read_record(run("two")).test_loss);
}

TEST_F(Damaged, KilledBeforeTheRecordAndBeforeTheFirstCheckpoint) {
  for (const char* file :
       {"run.json", "metrics.csv", "checkpoint.safetensors", "weights.safetensors", "test_predictions.safetensors"})
    fs::remove((file == std::string("run.json") ? copy("copy") : run("copy")) / file);
  const std::string out = resume("copy");
  EXPECT_NE(out.find("there is no checkpoint yet; starting from epoch 0"), std::string::npos) << out;
}

TEST_F(Damaged, KilledBeforeTheCheckpointWasRemoved) {
  copy("copy");
  fs::remove(run("copy") / "weights.safetensors");
  RunRecord record = read_record(run("copy"));
  record.status = "running";
  write_record(run("copy"), record);
  finish("copy", "--resume --no-keep-checkpoint");
  EXPECT_TRUE(same_results(run("two"), run("copy")));
  EXPECT_FALSE(fs::exists(run("copy") / "checkpoint.safetensors"));
}

}  // namespace
}  // namespace chandelier

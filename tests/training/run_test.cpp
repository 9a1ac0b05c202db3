// Runs, judged by their folders: the effects of settings, the ways to end, and the folders that are refused.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <numeric>
#include <span>

#include "base/random.hpp"
#include "run_folder.hpp"
#include "training/measures.hpp"
#include "training/network_builder.hpp"
#include "training/run_folder.hpp"
#include "training/run_record.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

class Recorded : public RunTest {
 protected:
  Names columns(const std::string& name) const { return table_of(run(name) / "metrics.csv").at(0); }
  TensorFile weights(const std::string& name) const { return read_tensors(run(name) / "weights.safetensors"); }
  std::vector<std::int64_t> shape(const std::string& name, const std::string& tensor) const {
    return weights(name).tensors.at(tensor).shape;
  }
  Vector luminosity(const std::string& name) const {
    return vector_from(read_tensors(run(name) / "test_predictions.safetensors"), "luminosity", name);
  }
  bool same_bytes(const std::string& a, const std::string& b, const char* file = "weights.safetensors") const {
    return bytes_of(run(a) / file) == bytes_of(run(b) / file);
  }
};

/// Training and test images, chosen by number from synthetic ones.
void write_chosen(const fs::path& folder, const std::vector<std::uint32_t>& train,
                  const std::vector<std::uint32_t>& test) {
  fs::create_directory(folder);
  const SmallSet set;
  const std::vector<std::uint8_t> pixels = small_pixels(100, set, 2), labels = small_labels(100, set);
  const auto write = [&](const std::string& which, const std::vector<std::uint32_t>& images) {
    std::vector<std::uint8_t> chosen, their_labels;
    const std::uint32_t size = set.rows * set.columns;
    for (const std::uint32_t image : images) {
      chosen.insert(chosen.end(), pixels.begin() + image * size, pixels.begin() + (image + 1) * size);
      their_labels.push_back(labels[image]);
    }
    const auto count = static_cast<std::uint32_t>(images.size());
    write_plain(folder / (which + "-images-idx3-ubyte"), idx_images(count, set.rows, set.columns, chosen));
    write_plain(folder / (which + "-labels-idx1-ubyte"), idx_labels(their_labels));
  };
  write("train", train);
  write("t10k", test);
}

std::vector<std::uint32_t> numbers(std::uint32_t first, std::uint32_t count) {
  std::vector<std::uint32_t> all(count);
  std::iota(all.begin(), all.end(), first);
  return all;
}

TEST_F(Recorded, AFinishedRunIsComplete) {
  finish("a", "--epochs 2");
  Names files;
  for (const auto& file : fs::directory_iterator(run("a"))) files.push_back(file.path().filename());
  std::sort(files.begin(), files.end());
  EXPECT_EQ(files,
            (Names{"config.toml", "metrics.csv", "run.json", "test_predictions.safetensors", "weights.safetensors"}));

  const auto json = nlohmann::json::parse(bytes_of(run("a") / "run.json"));
  for (const char* key : {"status", "message", "version", "commit", "host", "cpu", "started", "ended", "seconds",
                          "epochs_done", "test_accuracy", "test_loss", "data"})
    EXPECT_TRUE(json.contains(key)) << key;
  EXPECT_EQ(json["epochs_done"], 2);
  EXPECT_EQ(json["message"], "");
  EXPECT_EQ(json["data"]["name"], "data");
  EXPECT_EQ(json["data"]["sha256"].size(), 4U);
  EXPECT_GT(json["seconds"], 0);
  EXPECT_LE(json["started"], json["ended"]);

  EXPECT_EQ(metric(run("a"), "epoch"), (Names{"0", "1", "2"}));
  EXPECT_EQ(std::stod(metric(run("a"), "test_accuracy").back()), json["test_accuracy"]);
  EXPECT_EQ(std::stod(metric(run("a"), "test_loss").back()), json["test_loss"]);
}

TEST_F(Recorded, TheConfigurationGivesTheSameBits) {
  finish("a", "--epochs 2 --condition ei-ln --momentum 0.5 --width 12,9 --measure mean,uniform_share --seed 4");
  const Outcome again =
      run_program({"train", "--config", (run("a") / "config.toml").string(), "--out", run("b").string()});
  ASSERT_EQ(again.code, 0) << again.text();
  EXPECT_TRUE(same_results(run("a"), run("b")));
  EXPECT_TRUE(same_bytes("a", "b", "config.toml"));
}

TEST_F(Recorded, PredictionsAreThoseOfTheLastEpoch) {
  finish("a", "--epochs 2 --epsilon 0.5 --seed 9");
  const TensorFile file = read_tensors(run("a") / "test_predictions.safetensors");
  const auto predicted = integers_from(file, "predicted", "a"), label = integers_from(file, "label", "a");
  ASSERT_EQ(predicted.size(), 30U);
  int hits = 0;
  for (std::size_t i = 0; i < label.size(); ++i) {
    EXPECT_EQ(label[i], static_cast<std::int64_t>(i % 10));
    hits += predicted[i] == label[i];
  }
  EXPECT_EQ(hits / 30.0, read_record(run("a")).test_accuracy);

  const Vector drawn = luminosity("a");
  ASSERT_EQ(drawn.size(), 30);
  for (std::uint32_t i = 0; i < 30; ++i) {
    const double u = KeyedRandom(9, Purpose::test_luminosity, 2, i).uniform();
    EXPECT_EQ(drawn[i], static_cast<Real>(0.5 * (2 * u - 1)));
  }
}

TEST_F(Recorded, NoEpochsAreTheInitialNetwork) {
  finish("none", "--epochs 0 --keep-checkpoint");
  EXPECT_EQ(metric(run("none"), "epoch"), Names{"0"});
  EXPECT_EQ(read_record(run("none")).epochs_done, 0);
  const TensorFile start = read_tensors(run("none") / "checkpoint.safetensors"), end = weights("none");
  for (const auto& [name, tensor] : end.tensors) EXPECT_EQ(start.tensors.at(name).bytes, tensor.bytes) << name;
}

TEST_F(Recorded, TheCheckpointIsKeptWhenAskedFor) {
  finish("kept", "--epochs 1 --keep-checkpoint");
  finish("not", "--epochs 1");
  EXPECT_TRUE(fs::exists(run("kept") / "checkpoint.safetensors"));
  EXPECT_FALSE(fs::exists(run("not") / "checkpoint.safetensors"));
  EXPECT_TRUE(same_results(run("kept"), run("not")));
}

TEST_F(Recorded, EvaluationOnTheTrainingSetMayBeRare) {
  finish("always", "--epochs 5");
  const Names all = metric(run("always"), "train_loss");
  const std::map<std::string, std::vector<std::size_t>> evaluated{{"0", {0, 5}}, {"2", {0, 2, 4, 5}}, {"9", {0, 5}}};
  for (const auto& [every, epochs] : evaluated) {
    finish(every, "--epochs 5 --evaluate-training " + every);
    for (const char* file : {"weights.safetensors", "test_predictions.safetensors"})
      EXPECT_TRUE(same_bytes("always", every, file)) << every;
    for (const char* column : {"epoch", "test_loss", "test_accuracy", "hidden0.mean", "hidden1.output_alignment"})
      EXPECT_EQ(metric(run("always"), column), metric(run(every), column)) << every << " " << column;
    const Names some = metric(run(every), "train_loss");
    ASSERT_EQ(some.size(), 6U);
    for (std::size_t epoch = 0; epoch < 6; ++epoch) {
      const bool is_evaluated = std::find(epochs.begin(), epochs.end(), epoch) != epochs.end();
      EXPECT_EQ(some[epoch], is_evaluated ? all[epoch] : "nan") << every << " " << epoch;
    }
  }
}

TEST_F(Recorded, AnOverflowInFp16Diverges) {
  const Outcome outcome = run_program(train("large", "--epochs 1 --precision fp16 --lr 1000"));
  EXPECT_EQ(outcome.code, 3) << outcome.text();
  EXPECT_EQ(status_of(run("large")), "diverged");
}

TEST_F(Recorded, ValidationHoldsOutTheLastImages) {
  write_chosen(run("all"), numbers(0, 100), numbers(0, 20));
  write_chosen(run("first"), numbers(0, 80), numbers(80, 20));
  finish("held-out", "--epochs 2 --epsilon 0 --measure none --validation 20", "all");
  finish("truncated", "--epochs 2 --epsilon 0 --measure none", "first");
  EXPECT_TRUE(same_bytes("held-out", "truncated"));
  EXPECT_EQ(columns("held-out"), (Names{"epoch", "seconds", "train_loss", "train_accuracy", "test_loss",
                                        "test_accuracy", "validation_loss", "validation_accuracy"}));
  EXPECT_EQ(metric(run("held-out"), "train_loss"), metric(run("truncated"), "train_loss"));
  EXPECT_EQ(metric(run("held-out"), "validation_loss"), metric(run("truncated"), "test_loss"));
  EXPECT_EQ(metric(run("held-out"), "validation_accuracy"), metric(run("truncated"), "test_accuracy"));
}

TEST_F(Recorded, ValidationHasLuminosityOfItsOwn) {
  write_chosen(run("all"), numbers(0, 100), numbers(80, 20));
  finish("run", "--epochs 1 --validation 20", "all");
  EXPECT_NE(metric(run("run"), "validation_loss"), metric(run("run"), "test_loss"));
}

TEST_F(Recorded, MeasuresAreColumns) {
  const Names always{"epoch", "seconds", "train_loss", "train_accuracy", "test_loss", "test_accuracy"};
  const auto with = [&](const Names& measures) {
    Names all = always;
    for (const char* layer : {"hidden0.", "hidden1."})
      for (const std::string& measure : measures) all.push_back(layer + measure);
    return all;
  };
  const Names of_all{"mean",
                     "variance",
                     "homeostatic_loss",
                     "layer_norm_distance",
                     "output_alignment",
                     "gradient_alignment",
                     "error_eigenvalue",
                     "task_gradient_alignment",
                     "uniform_share",
                     "uniform_share_delta",
                     "activity_share_delta",
                     "error_gain",
                     "divisor_q05",
                     "divisor_q50",
                     "divisor_q95",
                     "zero_weights",
                     "silent_units"};
  finish("none", "--epochs 0 --measure none");
  EXPECT_EQ(columns("none"), always);
  finish("all", "--epochs 0 --measure all");
  EXPECT_EQ(columns("all"), with(of_all));
  finish("two", "--epochs 0 --measure uniform_share,mean");
  EXPECT_EQ(columns("two"), with({"mean", "uniform_share"}));
  // A circuit without inhibitory normalization has neither a homeostatic loss nor a divisor.
  finish("ei", "--epochs 0 --measure all --condition ei");
  EXPECT_EQ(columns("ei"), with({"mean", "variance", "output_alignment", "gradient_alignment", "error_eigenvalue",
                                 "task_gradient_alignment", "uniform_share", "uniform_share_delta",
                                 "activity_share_delta", "error_gain", "zero_weights", "silent_units"}));
  finish("reference", "--epochs 1 --measure reference");
  Names measured = columns("reference"), wanted = with(of_all);
  std::sort(measured.begin(), measured.end());
  std::sort(wanted.begin(), wanted.end());
  EXPECT_EQ(measured, wanted);
}

TEST_F(Recorded, ReferenceMeasuresErrorsInTraining) {
  finish("reference", "--epochs 1 --measure reference,mean,output_alignment");
  for (const std::string layer : {"hidden0.", "hidden1."}) {
    const Names alignment = metric(run("reference"), layer + "output_alignment");
    EXPECT_EQ(alignment.at(0), "nan");
    EXPECT_TRUE(std::isfinite(std::stod(alignment.at(1))));
    for (const std::string& mean : metric(run("reference"), layer + "mean"))
      EXPECT_TRUE(std::isfinite(std::stod(mean)));
  }
  EXPECT_EQ(columns("reference").size(), 6U + 4U);
}

/// Expects that a row of metrics.csv has the measures of a network on these stored images, in batches of `batch`.
void expect_measured(const fs::path& run, std::size_t row, const Settings& settings, Network network,
                     const std::vector<std::string>& which, const std::vector<std::uint8_t>& pixels,
                     const std::vector<std::uint8_t>& labels, Index first, Index count, Index batch) {
  const auto stored = static_cast<Index>(labels.size()), size = static_cast<Index>(pixels.size()) / stored;
  const Matrix images = Matrix::NullaryExpr(stored, size, [&](Index i, Index p) {
    return static_cast<Real>(pixels[static_cast<std::size_t>(i * size + p)]) / Real{255};
  });
  Measures measures(settings, network, which, batch);
  measures.begin();
  for (Index at = first; at < first + count; at += batch) {
    const Index some = std::min(batch, first + count - at);
    const auto theirs = std::span(labels).subspan(static_cast<std::size_t>(at), static_cast<std::size_t>(some));
    network.forward(rows_of(view(images), at, some));
    network.backward(theirs);
    measures.observe(network, theirs);
  }
  const std::vector<std::string> columns = measures.columns();
  const std::vector<double> values = measures.values();
  ASSERT_FALSE(columns.empty());
  for (std::size_t i = 0; i < columns.size(); ++i)
    EXPECT_NEAR(std::stod(metric(run, columns[i]).at(row)), values[i], 1e-6 * std::abs(values[i])) << columns[i];
}

TEST_F(Recorded, MeasuresAreOfTheFirst1024TestImagesInBatchesOf32) {
  const SmallSet set{.train = 20, .test = 1100};
  fs::create_directory(run("many"));
  write_idx_folder(run("many"), set);
  finish("run", "--epochs 0 --epsilon 0 --width 8 --measure mean,error_eigenvalue", "many");
  const Settings settings = recorded_settings(run("run"));
  expect_measured(run("run"), 0, settings, initial_network(settings, 30, 32), {"mean", "error_eigenvalue"},
                  small_pixels(1100, set, 3), small_labels(1100, set), 0, 1024, 32);
}

TEST_F(Recorded, ReferenceMeasuresTheLastBatchBeforeItsUpdateAndAfterTraining) {
  const SmallSet set{.train = 100, .test = 30};
  const std::vector<std::uint8_t> pixels = small_pixels(100, set, 2), labels = small_labels(100, set);
  const std::string flags =
      "--epochs 1 --epsilon 0 --no-shuffle --width 8 --measure "
      "reference,mean,variance,output_alignment,gradient_alignment";
  // One batch an epoch: before its update the network is the initial one, after it that of weights.safetensors.
  finish("one", flags + " --batch 100");
  const Settings one = recorded_settings(run("one"));
  expect_measured(run("one"), 1, one, initial_network(one, 30, 100), {"output_alignment", "gradient_alignment"}, pixels,
                  labels, 0, 100, 100);
  expect_measured(run("one"), 1, one, network_from(one, weights("one"), "one", 100), {"mean", "variance"}, pixels,
                  labels, 0, 100, 100);
  // Nothing learns, so only the images matter: those of the last batch, 80 to 99.
  finish("still", flags + " --batch 40 --lr 0 --lr-wix 0 --lr-wei 0");
  const Settings still = recorded_settings(run("still"));
  expect_measured(run("still"), 1, still, initial_network(still, 30, 40),
                  {"mean", "variance", "output_alignment", "gradient_alignment"}, pixels, labels, 80, 20, 40);
}

TEST_F(Recorded, MeasuringChangesNothing) {
  finish("none", "--epochs 2 --measure none");
  finish("all", "--epochs 2 --measure all");
  finish("reference", "--epochs 2 --measure reference");
  EXPECT_TRUE(same_bytes("none", "all"));
  EXPECT_TRUE(same_bytes("none", "reference"));
}

TEST_F(Recorded, OrderOfImages) {
  // Two epochs without jitter equal one epoch on images listed in the order in which the two visit them.
  std::vector<std::uint32_t> visited;
  for (const std::uint32_t epoch : {1U, 2U}) {
    std::vector<std::uint32_t> order = numbers(0, 80);
    for (std::uint32_t i = 80; i > 1; --i)
      std::swap(order[i - 1], order[KeyedRandom(3, Purpose::shuffle, epoch, i).below(i)]);
    visited.insert(visited.end(), order.begin(), order.end());
  }
  write_chosen(run("plain"), numbers(0, 80), numbers(80, 20));
  write_chosen(run("visited"), visited, numbers(80, 20));
  const std::string flags = "--epsilon 0 --batch 8 --seed 3";
  finish("shuffled", flags + " --epochs 2", "plain");
  finish("in-order", flags + " --epochs 1 --no-shuffle", "visited");
  finish("unshuffled", flags + " --epochs 2 --no-shuffle", "plain");
  EXPECT_TRUE(same_bytes("shuffled", "in-order"));
  EXPECT_FALSE(same_bytes("shuffled", "unshuffled"));
}

TEST_F(Recorded, BatchesNeedNotDivide) {
  finish("whole", "--epochs 2 --batch 100 --no-shuffle");
  finish("larger", "--epochs 2 --batch 256 --no-shuffle");
  EXPECT_TRUE(same_bytes("whole", "larger"));
  finish("odd", "--epochs 2 --batch 33 --no-shuffle");
  EXPECT_FALSE(same_bytes("whole", "odd"));
  EXPECT_EQ(metric(run("odd"), "epoch").size(), 3U);
}

TEST_F(Recorded, WidthAndDepth) {
  finish("list", "--epochs 1 --width 12,7,5");
  EXPECT_EQ(shape("list", "hidden0.Wex"), (std::vector<std::int64_t>{12, 30}));
  EXPECT_EQ(shape("list", "hidden1.Wex"), (std::vector<std::int64_t>{7, 12}));
  EXPECT_EQ(shape("list", "hidden2.Wex"), (std::vector<std::int64_t>{5, 7}));
  EXPECT_EQ(shape("list", "readout.Wex"), (std::vector<std::int64_t>{10, 5}));
  finish("one", "--epochs 1 --depth 1");
  EXPECT_EQ(shape("one", "readout.Wex"), (std::vector<std::int64_t>{10, 100}));
  EXPECT_FALSE(weights("one").tensors.contains("hidden1.Wex"));
  finish("three", "--epochs 1 --depth 3 --measure mean");
  EXPECT_TRUE(weights("three").tensors.contains("hidden2.Wex"));
  EXPECT_FALSE(weights("three").tensors.contains("hidden3.Wex"));
  EXPECT_EQ(columns("three").back(), "hidden2.mean");
}

TEST_F(Recorded, ConditionsArePairedBySeed) {
  for (const char* seed : {"0", "1"})
    for (const char* condition : {"e-ln", "ei", "inorm-full"})
      finish(std::string(condition) + seed, std::string("--epochs 0 --condition ") + condition + " --seed " + seed);
  const auto Wex = [&](const std::string& name, const std::string& layer) {
    return weights(name).tensors.at(layer + ".Wex").bytes;
  };
  for (const char* layer : {"hidden0", "hidden1", "readout"}) {
    EXPECT_EQ(Wex("e-ln0", layer), Wex("ei0", layer)) << layer;
    EXPECT_EQ(Wex("e-ln0", layer), Wex("inorm-full0", layer)) << layer;
    EXPECT_NE(Wex("e-ln0", layer), Wex("e-ln1", layer)) << layer;
  }
  EXPECT_EQ(luminosity("e-ln0"), luminosity("ei0"));
  EXPECT_EQ(luminosity("e-ln0"), luminosity("inorm-full0"));
  EXPECT_NE(luminosity("e-ln0"), luminosity("e-ln1"));
}

class Diverging : public RunTest {};

TEST_F(Diverging, IsSaidAndKeepsWhatWasRecorded) {
  const std::string flags = "--circuit e --lr 1e15 --epochs 4 --batch 10";
  const Outcome outcome = run_program(train("run", flags));
  EXPECT_EQ(outcome.code, 3) << outcome.text();
  const RunRecord record = read_record(run("run"));
  EXPECT_EQ(record.status, "diverged");
  EXPECT_EQ(record.message, "the training loss was no longer finite in step 2 of epoch 1");
  EXPECT_NE(outcome.err.find(record.message), std::string::npos) << outcome.err;
  EXPECT_NE(record.ended, "");
  EXPECT_EQ(metric(run("run"), "epoch"), std::vector<std::string>{"0"});
  EXPECT_TRUE(std::isfinite(record.test_loss.value()));
  EXPECT_FALSE(fs::exists(run("run") / "weights.safetensors"));
  const TensorFile checkpoint = read_tensors(run("run") / "checkpoint.safetensors");
  EXPECT_NO_THROW(matrix_from(checkpoint, "hidden0.Wex", "checkpoint"));  // throws if a value is not finite

  const auto before = contents_of(run("run"));
  const Outcome again = run_program(train("run", flags + " --resume"));
  EXPECT_EQ(again.code, 3);
  EXPECT_NE(again.out.find("there is nothing left to do"), std::string::npos) << again.text();
  EXPECT_EQ(contents_of(run("run")), before);
}

TEST_F(Diverging, KeepsTheEpochsBefore) {
  // Weights that grow exponentially take a while to overflow.
  const Outcome outcome =
      run_program(train("run", "--circuit ei --update exponentiated --lr 10 --epochs 9 --batch 50"));
  EXPECT_EQ(outcome.code, 3) << outcome.text();
  const std::string message = read_record(run("run")).message;
  const int epoch = std::stoi(message.substr(message.rfind(' ')));
  EXPECT_GE(epoch, 2) << message;
  EXPECT_NE(message.find(" of epoch "), std::string::npos) << message;
  EXPECT_EQ(epochs_done(run("run")), epoch - 1);
  EXPECT_EQ(metric(run("run"), "epoch").size(), static_cast<std::size_t>(epoch));
  for (const std::string& loss : metric(run("run"), "test_loss")) EXPECT_TRUE(std::isfinite(std::stod(loss))) << loss;
}

TEST_F(Diverging, BeforeTheNextStepIsSeen) {
  finish("start", "--circuit e --epochs 0");
  // Weights that are not finite, and finite ones whose products are not.
  EXPECT_EQ(run_program(train("weights", "--circuit e --lr 1e39 --epochs 1 --batch 100")).code, 3);
  EXPECT_EQ(read_record(run("weights")).message, "a weight was no longer finite after step 1 of epoch 1");
  EXPECT_EQ(read_record(run("weights")).test_loss, read_record(run("start")).test_loss);
  EXPECT_FALSE(fs::exists(run("weights") / "weights.safetensors"));
  const Outcome outcome = run_program(train("run", "--circuit e --lr 1e25 --epochs 1 --batch 100"));
  EXPECT_EQ(outcome.code, 3) << outcome.text();
  EXPECT_NE(read_record(run("run")).message.find("after epoch 1"), std::string::npos)
      << read_record(run("run")).message;
  EXPECT_EQ(metric(run("run"), "epoch"), std::vector<std::string>{"0"});
}

class Folders : public RunTest {};

TEST_F(Folders, ThatExistAreNotTouched) {
  finish("run", "--epochs 1");
  const auto before = contents_of(run("run"));
  expect_refused(train("run", "--epochs 1"), 1, run("run").string() + ": the folder exists; continue it with --resume");
  EXPECT_EQ(contents_of(run("run")), before);
  // Refused before the data are looked for.
  expect_refused(words("train --data /nowhere --out " + run("run").string()), 1, "the folder exists");
}

TEST_F(Folders, ThatCannotBeAreNamed) {
  std::ofstream(run("file")) << "text";
  expect_refused(train("file", ""), 1, run("file").string());
  expect_refused(train("file", "--resume"), 1, run("file").string() + ": this is not the folder of a run");
  expect_refused(train("file/run", ""), 1, "cannot create folder " + run("file").string());
  expect_refused(train("file/run", "--resume"), 1, run("file/run").string() + ": there is no run to continue");
  EXPECT_EQ(bytes_of(run("file")), "text");
  // Not even root can write here.
  expect_refused(words("train --data " + data().string() + " --out /proc/chandelier"), 1,
                 "cannot create folder /proc/chandelier");
}

TEST_F(Folders, AboveARunAreMade) { finish("a/b/run", "--epochs 0"); }

TEST_F(Folders, MayEndWithASlash) {
  const Outcome outcome = run_program(train("run/", "--epochs 0"));
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_EQ(status_of(run("run")), "finished");
}

TEST_F(Folders, OfARunThatIsTrainedAreWaitedFor) {
  finish("run", "--epochs 1 --keep-checkpoint");
  finish("whole", "--epochs 2");
  auto other = std::make_unique<FolderLock>(run("run"));
  ASSERT_TRUE(other->take());
  const auto before = contents_of(run("run"));
  expect_refused(train("run", "--resume --epochs 2"), 1,
                 run("run").string() + ": another process is training this run");
  EXPECT_EQ(contents_of(run("run")), before);

  Program waiting(train("run", "--resume --epochs 2"));
  ASSERT_TRUE(wait_until(
      [&] { return waiting.ended() || waiting.printed().find("waiting for it to end") != std::string::npos; }));
  EXPECT_EQ(contents_of(run("run")), before);
  other.reset();
  const Outcome outcome = waiting.wait();
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_NE(outcome.out.find("another process is training this run; waiting for it to end"), std::string::npos);
  EXPECT_TRUE(same_results(run("whole"), run("run")));
}

TEST_F(Folders, OfSomethingElseAreRefused) {
  fs::create_directory(run("other"));
  std::ofstream(run("other") / ".letter") << "text";
  const auto before = contents_of(run("other"));
  expect_refused(train("other", "--resume"), 1, run("other").string() + ": this is not the folder of a run");
  EXPECT_EQ(contents_of(run("other")), before);
}

TEST_F(Folders, ThatAreEmptyAreBegun) {
  finish("whole", "--epochs 1");
  expect_refused(train("missing", "--epochs 1 --resume"), 1, run("missing").string() + ": there is no run to continue");
  EXPECT_FALSE(fs::exists(run("missing")));
  fs::create_directory(run("empty"));
  finish("empty", "--epochs 1 --resume");
  // The state after a kill while the run was writing its first file.
  fs::create_directory(run("begun"));
  std::ofstream(run("begun") / ".chandelier-0123456789abcdef") << "# What is";
  finish("begun", "--epochs 1 --resume");
  for (const char* name : {"empty", "begun"}) EXPECT_TRUE(same_results(run("whole"), run(name)));
}

TEST_F(Folders, DoNotMixSettings) {
  finish("run", "--epochs 2 --keep-checkpoint");
  const auto before = contents_of(run("run"));
  expect_refused(train("run", "--resume --lr 0.25"), 2, "lr is 0.005 in this run, but 0.25 was asked for");
  expect_refused(train("run", "--resume --seed 7"), 2, "seed is 0 in this run, but 7 was asked for");
  expect_refused(train("run", "--resume --condition e-ln"), 2,
                 "condition is inorm-full in this run, but e-ln was asked for");
  expect_refused(train("run", "--resume --epochs 1"), 2, "epochs is 2 in this run, but 1 was asked for");
  EXPECT_EQ(contents_of(run("run")), before);
}

TEST_F(Folders, DoNotMixData) {
  finish("run", "--epochs 1 --keep-checkpoint");
  const auto before = contents_of(run("run"));
  write_idx_folder(data(), {.train = 90, .test = 30});
  expect_refused(train("run", "--resume --epochs 2"), 1, "this run was trained on data, whose files differ from those");
  EXPECT_EQ(contents_of(run("run")), before);
}

TEST_F(Folders, OfFinishedRunsHaveNothingLeftToDo) {
  finish("run", "--epochs 1");
  const auto before = contents_of(run("run"));
  const Outcome again = run_program(train("run", "--resume"));
  EXPECT_EQ(again.code, 0);
  EXPECT_NE(again.out.find("this run has already finished; there is nothing left to do"), std::string::npos)
      << again.out;
  expect_refused(train("run", "--resume --epochs 3"), 1, "has no checkpoint, so it cannot continue to 3 epochs");
  EXPECT_EQ(contents_of(run("run")), before);
}

TEST_F(Folders, ValidationLeavesSomethingToLearn) {
  expect_refused(train("run", "--validation 100"), 2, "validation: 100 images cannot be held out of 100");
  EXPECT_FALSE(fs::exists(run("run")));
}

}  // namespace
}  // namespace chandelier

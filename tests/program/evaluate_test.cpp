// chandelier evaluate: reproduces a run's own result, evaluates at other luminosities, and refuses bad input.

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "idx_writer.hpp"
#include "refusal.hpp"
#include "temporary_folder.hpp"
#include "training/run_record.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

struct Row {
  std::string luminosity, value, loss, accuracy;
  bool operator==(const Row&) const = default;
};

class EvaluateVerb : public testing::Test {
 protected:
  EvaluateVerb() {
    fs::create_directory(folder_ / "data");
    write_idx_folder(folder_ / "data");
  }

  void train(const std::string& flags = "") const {
    const Outcome outcome =
        run_program("train --epochs 2 --width 8 --depth 1 --batch 10 --lr 0.1 --measure none --data " +
                    (folder_ / "data").string() + " --out " + run() + " " + flags);
    ASSERT_EQ(outcome.code, 0) << outcome.text();
  }

  std::string run() const { return (folder_ / "run").string(); }
  std::string weights() const { return run() + "/weights.safetensors"; }
  fs::path table() const { return folder_ / "table.csv"; }
  Outcome evaluate(const std::string& flags) const {
    return run_program("evaluate " + flags + " --out " + table().string());
  }

  /// The rows that `evaluate` wrote, without the heading.
  std::vector<Row> rows(const std::string& flags) const {
    const Outcome outcome = evaluate(flags);
    EXPECT_EQ(outcome.code, 0) << outcome.text();
    EXPECT_EQ(outcome.err, "");
    std::ifstream file(table());
    std::string line;
    std::getline(file, line);
    EXPECT_EQ(line, "luminosity,value,loss,accuracy");
    std::vector<Row> all;
    while (std::getline(file, line)) {
      std::istringstream cells(line);
      Row& row = all.emplace_back();
      for (std::string* cell : {&row.luminosity, &row.value, &row.loss, &row.accuracy}) std::getline(cells, *cell, ',');
      EXPECT_TRUE(cells.eof()) << line;
    }
    return all;
  }

  void refuse(const std::string& flags, int code, std::initializer_list<std::string> parts) const {
    expect_refusal(evaluate(flags), code, parts);
    EXPECT_FALSE(fs::exists(table())) << flags;
  }

  TemporaryFolder folder_;
};

TEST_F(EvaluateVerb, OfARunGivesItsOwnResult) {
  const std::vector<std::pair<std::string, Row>> luminosities{
      {"--epsilon 0.75", {"uniform", "0.75", "", ""}},
      {"--luminosity gain --epsilon 0.5", {"gain", "0.5", "", ""}},
      {"--precision bf16 --epsilon 0.5", {"uniform", "0.5", "", ""}},
      {"--luminosity contrast --epsilon 0.25 --seed 7", {"contrast", "0.25", "", ""}},
      {"--luminosity fixed --shift=-0.25 --condition ei", {"fixed", "-0.25", "", ""}}};
  for (const auto& [flags, expected] : luminosities) {
    train(flags);
    const RunRecord record = read_record(run());
    const std::vector<Row> own = rows(run());
    ASSERT_EQ(own.size(), 1);
    EXPECT_EQ(own[0].luminosity, expected.luminosity);
    EXPECT_EQ(own[0].value, expected.value);
    EXPECT_EQ(std::stod(own[0].accuracy), record.test_accuracy);
    EXPECT_EQ(std::stod(own[0].loss), record.test_loss);
    fs::remove_all(run());
  }
}

TEST_F(EvaluateVerb, TakesAListOfLuminosities) {
  train();
  const std::vector<Row> all = rows(run() + " --luminosities=-0.5,fixed:-0.5,uniform:0.75,gain:1,contrast:0.25,+0.5,1");
  const std::vector<std::pair<std::string, std::string>> expected{
      {"fixed", "-0.5"},    {"fixed", "-0.5"}, {"uniform", "0.75"}, {"gain", "1"},
      {"contrast", "0.25"}, {"fixed", "0.5"},  {"fixed", "1"}};
  ASSERT_EQ(all.size(), expected.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].luminosity, expected[i].first) << i;
    EXPECT_EQ(all[i].value, expected[i].second) << i;
  }
  EXPECT_EQ(all[0], all[1]);
  EXPECT_EQ(all[2], rows(run())[0]);  // the luminosity of training
  for (const std::size_t other : {2, 3, 4, 5, 6}) EXPECT_NE(all[other].loss, all[0].loss) << other;

  // A list that begins with a minus sign, and one with spaces.
  EXPECT_EQ(rows(run() + " --luminosities -0.5,0.5"), (std::vector<Row>{all[0], all[5]}));
  const Outcome spaced = run_program({"evaluate", run(), "--luminosities", "-0.5, gain:1", "--out", table()});
  EXPECT_EQ(spaced.code, 0) << spaced.err;
}

TEST_F(EvaluateVerb, WithoutVariationAllModelsAgree) {
  train();
  const std::vector<Row> all = rows(run() + " --luminosities 0,fixed:0,uniform:0,gain:0,contrast:0");
  ASSERT_EQ(all.size(), 5);
  for (const Row& row : all) {
    EXPECT_EQ(row.loss, all[0].loss) << row.luminosity;
    EXPECT_EQ(row.accuracy, all[0].accuracy) << row.luminosity;
  }
}

TEST_F(EvaluateVerb, PrintsATableAndWritesItOnlyWhenAsked) {
  train();
  const std::ptrdiff_t before = entries_of(folder_.path()), in_run = entries_of(run());
  const Outcome outcome = run_program("evaluate " + run() + " --luminosities gain:0.5");
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(names(outcome.out, "luminosity   value      loss   accuracy\ngain         0.500  "));
  EXPECT_EQ(entries_of(folder_.path()), before);
  EXPECT_EQ(entries_of(run()), in_run);
}

TEST_F(EvaluateVerb, TakesWeightsWithSettings) {
  train();
  const std::vector<Row> own = rows(run());
  EXPECT_EQ(rows("--weights " + weights() + " --config " + run() + "/config.toml"), own);
  const std::string data = " --data " + (folder_ / "data").string();
  EXPECT_EQ(rows("--weights " + weights() + data + " --epochs 2"), own);
  EXPECT_NE(rows("--weights " + weights() + data + " --epochs 1"), own);  // with different jitter
  fs::remove(table());
  refuse("--weights " + weights() + data + " --condition ei", 1, {weights(), "circuit 'inorm'", "'ei'"});
}

TEST_F(EvaluateVerb, TakesTheCircuitFromTheMetadataOfWeights) {
  train("--condition e-ln --seed 3");
  const std::vector<Row> said =
      rows("--weights " + weights() + " --condition e-ln --seed 3 --luminosities 0.25 --data " +
           (folder_ / "data").string());
  EXPECT_EQ(rows("--weights " + weights() + " --seed 3 --luminosities 0.25 --data " + (folder_ / "data").string()),
            said);
  fs::remove(table());
  refuse("--weights " + weights() + " --circuit ei --data " + (folder_ / "data").string(), 1,
         {weights(), "circuit 'e'"});
}

TEST_F(EvaluateVerb, FlagsWinOverTheSettingsOfARun) {
  train();
  const std::vector<Row> other = rows(run() + " --luminosity gain --epsilon 0.5");
  EXPECT_EQ(other, rows(run() + " --luminosities gain:0.5"));
  EXPECT_NE(rows(run() + " --seed 1"), rows(run()));
  fs::remove(table());
  refuse(run() + " --circuit ei", 1, {weights(), "circuit 'inorm'", "'ei'"});
}

TEST_F(EvaluateVerb, BadItemsOfTheListAreNamed) {
  train();
  const auto item = [&](const std::string& list, std::initializer_list<std::string> parts) {
    refuse(run() + " --luminosities=" + list, 2, parts);
  };
  item("0,bright", {"--luminosities, fixed: 'bright' is not a number", "from -1 to 1"});
  item("0,,1", {"--luminosities, fixed: '' is not a number"});
  item("0,", {"--luminosities, fixed: '' is not a number"});
  item("0,gain", {"--luminosities: gain needs a value, for example gain:0.5"});
  item("fixed", {"--luminosities: fixed needs a value, for example fixed:0.5"});
  item("gain:", {"--luminosities, gain: '' is not a number", "from 0 to 1"});
  item("gain:0.5:0.5", {"--luminosities, gain: '0.5:0.5'"});
  item("gian:0.5", {"--luminosities", "'gian'", "did you mean 'gain'?"});
  item("lamp:0.5", {"--luminosities", "'lamp' is not a luminosity model"});
  item("gain:-0.5", {"--luminosities, gain: -0.5 is out of range", "from 0 to 1"});
  item("uniform:1.5", {"--luminosities, uniform: 1.5 is out of range"});
  item("-1.5", {"--luminosities, fixed: -1.5 is out of range", "from -1 to 1"});
  item("nan", {"--luminosities, fixed: nan"});
}

TEST_F(EvaluateVerb, EvaluatesARunOrWeights) {
  train();
  refuse("", 2, {"name the folder of a run, or a file of weights"});
  refuse(run() + " --weights " + weights(), 2, {"either the folder of a run or --weights"});
  refuse(run() + " --config " + run() + "/config.toml", 2, {"--config goes with --weights"});
}

TEST_F(EvaluateVerb, RunsMustHaveFinished) {
  train();
  RunRecord record = read_record(run());
  for (const std::string status : {"running", "stopped", "diverged", "failed"}) {
    record.status = status;  // a finished run that was resumed for more epochs has weights of fewer
    write_record(run(), record);
    refuse(run(), 1, {run(), "has not finished", "'" + status + "'"});
  }
  fs::remove(run() + "/run.json");
  refuse(run(), 1, {run() + "/run.json"});
  fs::remove(run() + "/config.toml");
  refuse(run(), 1, {run(), "not the folder of a run", "config.toml"});
  refuse(run() + "-2", 1, {run() + "-2", "no such run folder"});
  refuse(weights(), 1, {weights(), "no such run folder", "--weights"});
}

TEST_F(EvaluateVerb, WeightsOfARunMustBeThere) {
  train();
  fs::remove(weights());
  refuse(run(), 1, {"cannot read", weights()});
  refuse("--weights " + weights(), 1, {"cannot read", weights()});
}

TEST_F(EvaluateVerb, DataMustFitTheNetwork) {
  train();
  fs::create_directory(folder_ / "other");
  write_idx_folder(folder_ / "other", {.rows = 7, .columns = 5});
  refuse(run() + " --data " + (folder_ / "other").string(), 1, {weights(), "30 inputs", "other", "35 pixels"});
  fs::remove_all(folder_ / "data");
  refuse(run(), 1, {"data folder", (folder_ / "data").string()});
}

TEST_F(EvaluateVerb, ReplacesItsOwnTablesOnly) {
  train();
  EXPECT_EQ(evaluate(run()).code, 0);
  EXPECT_EQ(evaluate(run()).code, 0);
  const std::string config = run() + "/config.toml";
  const std::uintmax_t size = fs::file_size(config);
  expect_refusal(run_program("evaluate " + run() + " --out " + config), 1, {config, "choose another --out"});
  EXPECT_EQ(fs::file_size(config), size);
}

TEST_F(EvaluateVerb, DataMustBeThoseOfTheRun) {
  train();
  fs::remove_all(folder_ / "data");
  fs::create_directory(folder_ / "data");
  write_idx_folder(folder_ / "data", {.train = 70});
  expect_refusal(evaluate(run()), 1, {run(), "whose files differ"});
  EXPECT_EQ(evaluate(run() + " --data " + (folder_ / "data").string()).code, 0);
}

TEST_F(EvaluateVerb, TableMustBeWritable) {
  train();
  for (const fs::path& out : {folder_ / "no/such/table.csv", folder_.path()}) {
    const Outcome outcome = run_program("evaluate " + run() + " --out " + out.string());
    expect_refusal(outcome, 1, {"cannot write", out.string()});
    EXPECT_EQ(outcome.out, "") << "refused before the evaluation";
  }
  EXPECT_EQ(entries_of(folder_.path()), 2);
}

}  // namespace
}  // namespace chandelier

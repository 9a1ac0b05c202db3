// The commands that read the folder of a study: table, compare and export.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <string>
#include <vector>

#include "report/study_csv.hpp"
#include "run_folder.hpp"
#include "studies/study_results.hpp"
#include "synthetic_study.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class AnswersTest : public RunTest {
 protected:
  void plan(const std::string& varied, const std::string& settings = "") const {
    std::ofstream(folder_ / "plan.toml") << varied << "\n[settings]\ndata = \"" << data().string()
                                         << "\"\nepochs = 1\nwidth = 10\n"
                                         << settings;
  }
  std::string file() const { return (folder_ / "plan.toml").string(); }

  /// Runs the plan.
  void finish_plan() const {
    const Outcome outcome = run_program("study run " + file() + " --out " + run("study").string() + " --jobs 2");
    ASSERT_EQ(outcome.code, 0) << outcome.text();
  }

  std::string answer(const std::string& verb, const std::string& more = "") const {
    const Outcome outcome = run_program(verb + " " + run("study").string() + " " + more);
    EXPECT_EQ(outcome.code, 0) << outcome.text();
    EXPECT_EQ(outcome.err, "");
    expect_width(outcome.out);
    return outcome.out;
  }

  fs::path run_of(const std::string& name) const { return run("study") / "runs" / name; }
};

/// The rows of a CSV file with quoted fields (RFC 4180), none of them with a line break.
std::vector<std::vector<std::string>> quoted_table_of(const fs::path& path) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(bytes_of(path));
  for (std::string line; std::getline(lines, line);) {
    rows.emplace_back(1);
    bool quoted = false;
    for (const char c : line)
      if (c == '"')
        quoted = !quoted;
      else if (c == ',' && !quoted)
        rows.back().emplace_back();
      else
        rows.back().back() += c;
  }
  return rows;
}

constexpr const char* kSmallPlan = "conditions = [\"inorm\", \"inorm-full\"]\nepsilons = [0, 0.5]\nseeds = 3";

TEST_F(AnswersTest, ComeFromThePlanOrTheFolder) {
  plan(std::string("compare = [\"inorm - inorm-full\"]\n") + kSmallPlan, "validation = 20\n");
  finish_plan();
  const std::string table = answer("study table");
  EXPECT_TRUE(names(row(table, "inorm - inorm-full"), "inorm - inorm-full 3 "));
  EXPECT_EQ(row(table, "inorm-full - inorm"), "no row inorm-full - inorm");
  EXPECT_TRUE(names(row(table, "inorm-full"), "inorm-full 3 "));
  EXPECT_TRUE(names(table, "mean over epsilons 0, 0.5"));
  EXPECT_TRUE(names(joined(table), "cannot be tested: Normalizing the errors as well raises test accuracy"));
  EXPECT_TRUE(names(answer("study table", "--all-tests"), "p Wilc."));
  EXPECT_EQ(table.find("p Wilc."), std::string::npos);
  EXPECT_EQ(run_program("study table " + file() + " --out " + run("study").string()).out, table);

  EXPECT_TRUE(
      names(joined(answer("study compare", "inorm-full inorm --margin 0.1")), "within a margin of 10.00 points"));
  EXPECT_TRUE(names(joined(answer("study compare", "inorm inorm-full")), "within a margin of 0.50 points"));
  EXPECT_TRUE(names(answer("study table", "--by-luminosity"), "8 bins from -0.5 to 0.5"));
  EXPECT_TRUE(names(answer("study table", "--select test 2"), "by TEST accuracy"));
  EXPECT_TRUE(names(answer("study table", "--select test 2"), "inorm - inorm-full"));
  EXPECT_TRUE(names(answer("study table", "--select validation 2"), "by validation accuracy"));
}

TEST_F(AnswersTest, NameEveryRunThatIsNotThePlans) {
  plan(kSmallPlan);
  finish_plan();
  fs::remove_all(run_of("inorm-eps0-draw0-seed0"));
  std::ofstream(run_of("inorm-eps0-draw0-seed1") / "run.json") << "{";
  fs::copy_file(run_of("inorm-full-eps0-draw0-seed2") / "config.toml", run_of("inorm-eps0-draw0-seed2") / "config.toml",
                fs::copy_options::overwrite_existing);
  fs::remove(run_of("inorm-full-eps0.5-draw0-seed0") / "config.toml");
  const std::string table = joined(answer("study table"));
  EXPECT_TRUE(names(table, "Runs without an outcome, left out of every number above: 4 of 12"));
  EXPECT_TRUE(names(table, "inorm, epsilon 0, seed 0: missing"));
  EXPECT_TRUE(names(table, "inorm, epsilon 0, seed 1: failed ("));
  EXPECT_TRUE(names(table, "inorm, epsilon 0, seed 2: left out ("));
  EXPECT_TRUE(names(table, "condition is inorm-full in this run, but inorm"));
  EXPECT_TRUE(names(table, "inorm-full, epsilon 0.5, seed 0: left out ("));

  write_plain(run_of("inorm-eps0.5-draw0-seed2") / "test_predictions.safetensors", "damaged");
  EXPECT_TRUE(
      names(joined(answer("study table", "--by-luminosity")), "inorm, epsilon 0.5, seed 2: predictions cannot"));
}

TEST_F(AnswersTest, LeaveOutRunsOnOtherData) {
  plan(kSmallPlan);
  finish_plan();
  RunRecord record = read_record(run_of("inorm-full-eps0-draw0-seed2"));
  record.data_sha256["test_images"] = "another";
  write_record(run_of("inorm-full-eps0-draw0-seed2"), record);
  const std::string table = joined(answer("study table"));
  EXPECT_TRUE(names(table, "left out of every number above: 1 of 12"));
  EXPECT_TRUE(names(table, "inorm-full, epsilon 0, seed 2: left out ("));
  EXPECT_TRUE(names(table, "trained on different data from the other runs of the study"));
}

TEST_F(AnswersTest, RefuseWhatCannotBeAnswered) {
  plan(kSmallPlan);
  expect_refusal(run_program("study table " + file() + " --out " + run("study").string()), 1,
                 {run("study").string(), "has not been run here"});
  fs::create_directories(run("study") / "runs");
  fs::copy_file(file(), run("study") / "study.toml");
  expect_refusal(run_program("study table " + run("study").string()), 1,
                 {"none of the 12 runs of this study has ended"});
  finish_plan();
  const std::string study = run("study").string();
  expect_refusal(run_program("study compare " + study + " inorm inorm-ful"), 2, {"did you mean 'inorm-full'?"});
  expect_refusal(run_program("study compare " + study + " inorm inorm"), 2, {"cannot be compared with itself"});
  expect_refusal(run_program("study compare " + study + " inorm inorm-full --margin 0"), 2, {"--margin: '0'"});
  for (const char* margin : {"nan", "inf", "abc", "0.005x"})
    expect_refusal(run_program("study compare " + study + " inorm inorm-full --margin " + margin), 2,
                   {fmt::format("--margin: '{}' is not a valid margin", margin), "above 0 and at most 0.1", "0.005"});
  expect_refusal(run_program("study compare " + study + " inorm inorm-full --margin 0.5"), 2,
                 {"--margin: '0.5' is 50 percentage points, too wide", "at most 0.1"});
  expect_refusal(run_program("study table " + study + " --select validation 2"), 2, {"held out no images"});
  expect_refusal(run_program("study table " + study + " --select best 2"), 2, {"'best' is neither"});
  expect_refusal(run_program("study table " + study + " --select test 0"), 2, {"'0' is not a whole number"});
  expect_refusal(run_program("study table " + study + " --select test 2x"), 2, {"'2x' is not a whole number"});
}

TEST_F(AnswersTest, ExportEverySettingAndMeasure) {
  plan(kSmallPlan);
  finish_plan();
  fs::remove_all(run_of("inorm-eps0-draw0-seed0"));
  const Outcome outcome = run_program("export " + run("study").string() + " --out " + run("tables").string());
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_TRUE(names(joined(outcome.out), "epochs.csv with 22 rows"));
  EXPECT_TRUE(names(joined(outcome.out), "runs.csv with 12 rows (11 of the runs finished)"));

  const auto epochs = quoted_table_of(run("tables") / "epochs.csv"), runs = quoted_table_of(run("tables") / "runs.csv");
  ASSERT_EQ(epochs.size(), 23u);
  ASSERT_EQ(runs.size(), 13u);
  const auto cell = [](const auto& table, std::size_t row, const std::string& column) {
    const auto at = std::find(table[0].begin(), table[0].end(), column) - table[0].begin();
    return at == std::ssize(table[0]) ? "no column " + column : table[row].at(static_cast<std::size_t>(at));
  };
  for (const Setting& setting : setting_list()) EXPECT_EQ(std::ranges::count(epochs[0], setting.key), 1) << setting.key;
  const std::string name = cell(epochs, 2, "run");
  EXPECT_EQ(cell(epochs, 2, "epoch"), "1");
  EXPECT_EQ(cell(epochs, 2, "width"), "10,10");
  for (const char* column : {"test_accuracy", "hidden0.mean", "hidden1.divisor_q50"})
    EXPECT_EQ(cell(epochs, 2, column), metric(run("study") / name, column)[1]) << column;
  EXPECT_EQ(cell(runs, 1, "run"), "runs/inorm-eps0-draw0-seed0");
  EXPECT_EQ(cell(runs, 1, "status"), "missing");
  EXPECT_EQ(cell(runs, 1, "last_test_accuracy"), "");
  EXPECT_EQ(cell(runs, 2, "status"), "finished");
  EXPECT_EQ(cell(runs, 2, "last_test_accuracy"), metric(run("study") / cell(runs, 2, "run"), "test_accuracy")[1]);
  EXPECT_EQ(cell(runs, 2, "epochs_done"), "1");
  EXPECT_EQ(cell(runs, 2, "host"), read_record(run("study") / cell(runs, 2, "run")).host);

  EXPECT_EQ(run_program("export " + run("study").string() + " --out " + run("tables").string()).code, 0) << "again";
}

TEST_F(AnswersTest, ExportSaysWhatItLeavesOutAndReplacesOnlyItsOwn) {
  plan(kSmallPlan);
  finish_plan();
  const fs::path table = run_of("inorm-eps0-draw0-seed1") / "metrics.csv";
  const std::string whole = bytes_of(table);
  write_plain(table, whole.substr(0, whole.find('\n')) + "\n0,half\n" + whole.substr(whole.rfind("\n1,") + 1));
  const std::string line = "export " + run("study").string() + " --out " + run("tables").string();
  const Outcome outcome = run_program(line);
  EXPECT_EQ(outcome.code, 0);
  EXPECT_TRUE(names(outcome.err, "inorm-eps0-draw0-seed1/metrics.csv: a row has 2 values"));
  EXPECT_TRUE(names(outcome.out, "22 rows"));
  std::ofstream(run("tables") / "runs.csv") << "my notes";
  expect_refusal(run_program(line), 1, {"runs.csv", "this file was not written by an export"});
  EXPECT_EQ(bytes_of(run("tables") / "runs.csv"), "my notes");
}

TEST_F(AnswersTest, TablesOfRunsGiveTheAnswersOfTheFolder) {
  plan(kSmallPlan);
  finish_plan();
  const auto exported = [&](const std::string& name) {
    const Outcome outcome = run_program("export " + run("study").string() + " --out " + run(name).string());
    EXPECT_EQ(outcome.code, 0) << outcome.text();
    return run(name) / "runs.csv";
  };
  const fs::path whole = exported("whole");
  const std::string table = answer("study table", "--all-tests");
  const std::string compared = answer("study compare", "inorm-full inorm");
  EXPECT_EQ(answer("study table", "--all-tests --runs " + whole.string()), table);
  EXPECT_EQ(answer("study compare", "inorm-full inorm --runs " + whole.string()), compared);

  // Half of the runs from one machine, half from another.
  std::string first_half, second_half;
  std::istringstream lines(bytes_of(whole));
  int number = 0;
  for (std::string line; std::getline(lines, line); ++number) {
    if (number <= 6) first_half += line + "\n";
    if (number == 0 || number > 6) second_half += line + "\n";
  }
  write_plain(run("a.csv"), first_half);
  write_plain(run("b.csv"), second_half);
  const std::string both = run("a.csv").string() + " " + run("b.csv").string();
  EXPECT_EQ(answer("study table", "--all-tests --runs " + both), table);

  const std::string study = "study table " + run("study").string() + " --runs ";
  const std::string some = answer("study table", "--runs " + run("a.csv").string());
  EXPECT_TRUE(names(some, "missing")) << "the other half is";
  expect_refusal(run_program(study + file()), 1, {file(), "no column"});
  expect_refusal(run_program(study + run("none.csv").string()), 1, {"none.csv"});
  expect_refusal(run_program(study + both + " --by-luminosity"), 2, {"--by-luminosity", "--runs"});
  expect_refusal(run_program(study + both + " --select validation 2"), 2, {"needs the folder"});
  write_plain(run("a.csv"), first_half.substr(0, first_half.find(",inorm")) + "\n");
  expect_refusal(run_program(study + run("a.csv").string()), 1, {"a.csv", "values, but there are"});
}

TEST(StudyCsv, QuotesWhatMustBe) {
  EXPECT_EQ(csv_field("plain text"), "plain text");
  EXPECT_EQ(csv_field("200,100"), "\"200,100\"");
  EXPECT_EQ(csv_field("a \"b\""), "\"a \"\"b\"\"\"");
  EXPECT_EQ(csv_field("a\nb"), "\"a\nb\"");
  EXPECT_EQ(csv_field("a\rb"), "\"a\rb\"");
}

TEST(StudyResults, GiveTheLastValueOfAMeasure) {
  TemporaryFolder folder;
  std::ofstream(folder / "metrics.csv") << "epoch,test_accuracy,hidden0.mean\n0,0.1,nan\n1,0.75,nan\n";
  const MetricRows rows = metric_rows(folder.path());
  EXPECT_EQ(rows.last("test_accuracy"), 0.75);
  EXPECT_TRUE(std::isnan(rows.last("hidden0.mean").value()));
  EXPECT_EQ(rows.last("validation_accuracy"), std::nullopt);
  std::ofstream(folder / "metrics.csv") << "";
  EXPECT_TRUE(names(sentence_of([&] { metric_rows(folder.path()); }), "no column 'epoch'"));
}

TEST(StudyResults, RefuseLuminositiesThatAreNoNumbers) {
  TemporaryFolder folder;
  const auto write = [&](float value) {
    TensorFile file;
    const std::vector<float> luminosity{0.5F, value};
    file.put_u8("predicted", {1, 2});
    file.put_u8("label", {1, 3});
    file.put("luminosity", ConstVectorView(luminosity.data(), std::ssize(luminosity)));
    write_tensors(folder / "test_predictions.safetensors", file);
  };
  write(-0.5F);
  EXPECT_EQ(predictions_of(folder.path()).right, (std::vector<bool>{true, false}));
  write(NAN);
  EXPECT_TRUE(names(sentence_of([&] { predictions_of(folder.path()); }), "a luminosity is not finite"));
}

}  // namespace
}  // namespace chandelier

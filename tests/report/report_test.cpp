// The report of small real studies: its numbers, its sentences on incomplete studies, and that names are shown as text.

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <random>

#include "places.hpp"
#include "report/page.hpp"
#include "report/report_data.hpp"
#include "report/weight_histogram.hpp"
#include "statistics/quantiles.hpp"
#include "studies/study_results.hpp"
#include "study_runs.hpp"
#include "synthetic_study.hpp"
#include "training/evaluation_table.hpp"
#include "training/metrics_table.hpp"
#include "training/settings_toml.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

constexpr const char* kVaried =
    "conditions = [\"e-ln\", \"ei\", \"inorm\", \"inorm-full\"]\nepsilons = [0, 0.75]\nseeds = 2\n";

class ReportTest : public StudyTest {
 protected:
  /// The report as JSON.
  Json report(const std::string& name) const {
    const Outcome outcome = run_program(words("report " + run(name).string() + " --json"));
    EXPECT_EQ(outcome.code, 0) << outcome.text();
    return Json::parse(outcome.out);
  }

  static const Json& figure(const Json& report, const std::string& id) {
    for (const Json& one : report["data_sets"][0]["figures"])
      if (one["id"] == id) return one;
    throw std::runtime_error("no figure " + id);
  }

  /// Column `name` of a table as numbers, for the rows for which `of` is true.
  static std::vector<double> column(const Json& table, const std::string& name, const auto& of) {
    std::map<std::string, std::size_t> at;
    for (std::size_t i = 0; i < table["columns"].size(); ++i) at[table["columns"][i].get<std::string>()] = i;
    std::vector<double> values;
    for (const Json& row : table["rows"])
      if (of([&](const std::string& column) { return row[at.at(column)]; }))
        values.push_back(row[at.at(name)].get<double>());
    return values;
  }
};

TEST_F(ReportTest, HasTheNumbersOfTheStudyTable) {
  plan_of(kVaried, "epochs = 2\nwidth = 12\n");
  finish_study("study");
  const Json json = report("study");
  const Json& set = json["data_sets"][0];
  const std::string printed = run_program(words("study table " + run("study").string() + " --all-tests")).out;
  EXPECT_EQ(printed, set["table"].get<std::string>());

  // Every difference on the page is also a line of the table.
  int lines = 0;
  for (const Json& row : set["differences"]["rows"]) {
    const auto& text = row.back();
    std::string line = row[0].get<std::string>();
    line += fmt::format(" {} {} {}", row[2].get<int>(), text[0].get<std::string>(), text[1].get<std::string>());
    std::istringstream table(printed);
    bool found = false;
    for (std::string one; std::getline(table, one);) {
      std::string words_only;
      for (const std::string& word : words(one)) words_only += (words_only.empty() ? "" : " ") + word;
      found = found || words_only.starts_with(line);
    }
    EXPECT_TRUE(found) << line << "\n" << printed;
    ++lines;
  }
  EXPECT_EQ(lines, 13) << "four at each of two epsilons, the same over both, and their interaction";

  // The medians of the table are those of the points in the figure.
  const Json& scatter = figure(json, "figure-5")["panels"][0];
  const auto points = column(scatter["table"], "inorm-full", [](auto value) { return value("epsilon") == 0.75; });
  ASSERT_EQ(points.size(), 2U);
  const std::string at_075 = printed.substr(printed.find("epsilon 0.75\n"));
  EXPECT_NE(at_075.find(fmt::format("{:.2f}", median(points))), std::string::npos) << median(points) << at_075;
  const Json& bins = figure(json, "by-luminosity")["panels"][0]["table"];
  const std::string by_luminosity = run_program(words("study table " + run("study").string() + " --by-luminosity")).out;
  for (const double value : column(bins, "value", [](auto) { return true; }))
    EXPECT_NE(by_luminosity.find(fmt::format("{:.2f}", value)), std::string::npos) << value;
}

TEST_F(ReportTest, OfTablesEqualsThatOfTheFolderWhereTheLastEpochIsEnough) {
  plan_of(kVaried, "epochs = 2\nwidth = 12\n");
  finish_study("study");
  const std::string tables = run("tables").string(), page = run("page.html").string();
  ASSERT_EQ(run_program(words("export " + run("study").string() + " --out " + tables)).code, 0);
  const std::string of_tables = "report " + (folder_ / "plan.toml").string() + " --runs " + tables + "/runs.csv";
  const Json of_folder = report("study"), from_tables = Json::parse(run_program(words(of_tables + " --json")).out);
  EXPECT_EQ(from_tables["machines"], of_folder["machines"]);
  EXPECT_EQ(from_tables["progress"], of_folder["progress"]);
  EXPECT_EQ(from_tables["study"]["folder"], tables + "/runs.csv");
  const Json& set = from_tables["data_sets"][0];
  for (const char* part : {"claims", "differences", "table", "conditions", "runs"})
    EXPECT_EQ(set[part], of_folder["data_sets"][0][part]) << part;
  std::vector<std::string> without;
  for (const Json& one : set["figures"])
    if (one["missing"].dump().find("needs the folder of the study") != std::string::npos)
      without.push_back(one["id"]);
    else
      EXPECT_EQ(one, figure(of_folder, one["id"]));
  EXPECT_EQ(without, (std::vector<std::string>{"learning-curves", "measures", "other-luminosities", "by-luminosity",
                                               "weights"}));

  EXPECT_EQ(run_program(words(of_tables)).code, 2) << "there is no folder for the page";
  EXPECT_EQ(run_program(words(of_tables + " --out " + page)).code, 0);
  EXPECT_EQ(bytes_of(page).substr(0, 15), "<!doctype html>");
}

// `study run`, both tables, the report, its JSON and its page have the same sentence on a claim.
TEST_F(ReportTest, SaysOfEveryClaimWhatTheTerminalSays) {
  plan_of(kVaried, "epochs = 1\nwidth = 12\n");
  const Outcome outcome = run_program(study("study"));
  ASSERT_EQ(outcome.code, 0) << outcome.text();
  const auto printed = [&](const std::string& line) { return joined(run_program(words(line)).out); };
  const std::string table = printed("study table " + run("study").string());
  const std::string all = printed("study table " + run("study").string() + " --all-tests");
  const Json json = report("study");
  int claims = 0;
  for (const Json& claim : json["data_sets"][0]["claims"]) {
    const std::string main = claim["at"][0]["sentence"];
    EXPECT_EQ(claim["verdict"], claim["at"][0]["verdict"]);
    EXPECT_NE(joined(outcome.out).find(main), std::string::npos) << main;
    EXPECT_NE(table.find(main), std::string::npos) << main;
    for (const Json& place : claim["at"]) {
      const std::string sentence = place["sentence"];
      EXPECT_TRUE(
          sentence.starts_with(place["verdict"].get<std::string>() + ": " + claim["statement"].get<std::string>()));
      EXPECT_NE(sentence.find(place["text"].get<std::string>()), std::string::npos);
      EXPECT_NE(all.find(sentence), std::string::npos) << sentence;
    }
    ++claims;
  }
  EXPECT_EQ(claims, 5);
  EXPECT_NE(table.find(json["data_sets"][0]["summary"].get<std::string>()), std::string::npos);
}

TEST_F(ReportTest, DrawsEveryRunThatATestCounts) {
  plan_of("conditions = [\"e-ln\", \"inorm-full\"]\nepsilons = [0.75]\nseeds = 3\n[condition.inorm-full]\nlr = 1e30\n",
          "epochs = 1\nwidth = 12\n");
  finish_study("study");
  const Json json = report("study");
  const Json& scatter = figure(json, "figure-5")["panels"][0]["table"];
  const auto all = [](auto) { return true; };
  EXPECT_EQ(column(scatter, "inorm-full", all), (std::vector<double>{10, 10, 10})) << "diverged, at chance";
  EXPECT_EQ(column(scatter, "diverged", all), (std::vector<double>{1, 1, 1}));
  const auto curve = column(figure(json, "learning-curves")["panels"][0]["table"], "median",
                            [](auto value) { return value("condition") == "inorm-full" && value("epoch") == 1; });
  EXPECT_EQ(curve, (std::vector<double>{10}));
}

TEST_F(ReportTest, SaysSoWhereThereIsLittle) {
  const auto says = [&](const std::string& name, const std::string& part) {
    const Outcome page = run_program(words("report " + run(name).string()));
    if (page_parts().libraries.empty())
      EXPECT_EQ(page.code, 1) << page.text();
    else
      EXPECT_EQ(page.code, 0) << page.text();
    const Json json = report(name);
    EXPECT_NE(json.dump().find(part), std::string::npos) << part << "\n" << json.dump(1).substr(0, 3000);
    return json;
  };
  plan_of(kVaried, "epochs = 1\nwidth = 12\n");
  fs::create_directories(run("empty"));
  fs::copy_file(folder_ / "plan.toml", run("empty") / "study.toml");
  says("empty", "0 of 16 runs have finished; 16 missing. This study is not complete: numbers will change.");

  plan_of("conditions = [\"inorm-full\"]\nepsilons = [0.5]\nseeds = 1\n", "epochs = 1\nwidth = 12\n");
  finish_study("one");
  const Json one = says("one", "This study has no inorm, no e-ln.");
  EXPECT_TRUE(one["data_sets"][0]["claims"].empty());

  plan_of("conditions = [\"inorm\", \"inorm-full\"]\nepsilons = [0.5]\nseeds = 2\n",
          "epochs = 1\nwidth = 12\nlr = 1e30\n");
  finish_study("diverged");
  const Json diverged = says("diverged", "0 of 4 runs have finished; 4 diverged.");
  ASSERT_EQ(diverged["data_sets"][0]["claims"].size(), 1U);
  EXPECT_EQ(diverged["data_sets"][0]["claims"][0]["verdict"], "cannot be tested");
}

TEST_F(ReportTest, BearsWithHalfWrittenAndForeignFiles) {
  plan_of("conditions = [\"e-ln\", \"inorm-full\"]\nepsilons = [0.75]\nseeds = 2\n", "epochs = 2\nwidth = 12\n");
  finish_study("study");
  const fs::path runs_folder = run("study") / "runs";
  const fs::path a = runs_folder / "e-ln-eps0.75-draw0-seed0", b = runs_folder / "e-ln-eps0.75-draw0-seed1",
                 c = runs_folder / "inorm-full-eps0.75-draw0-seed0";
  // Columns of a later version, a truncated run, and files with other contents.
  std::string metrics = bytes_of(a / "metrics.csv");
  std::string longer;
  std::istringstream lines(metrics);
  for (std::string line; std::getline(lines, line);)
    longer += line + (longer.empty() ? ",hidden0.unheard_of,<b>" : ",nan,1") + "\n";
  std::ofstream(a / "metrics.csv") << longer;
  fs::remove(b / "run.json");
  std::ofstream(b / "metrics.csv") << "epoch,test_acc";
  std::ofstream(c / "evaluation.csv") << "what is this";
  std::ofstream(c / "weights.safetensors") << "nor this";
  const Json json = report("study");
  EXPECT_EQ(json["progress"]["by_status"]["finished"], 3);
  EXPECT_FALSE(json["progress"]["complete"].get<bool>());
  const std::string problems = json["problems"].dump();
  EXPECT_NE(problems.find("evaluation.csv"), std::string::npos) << problems;
  EXPECT_NE(problems.find("weights.safetensors"), std::string::npos) << problems;
  fs::remove_all(c);
  std::ofstream(c) << "a file where a folder was";
  EXPECT_EQ(report("study")["progress"]["by_status"]["left out"], 1);
}

TEST_F(ReportTest, ShowsWhatPeopleWriteAsText) {
  const std::string nasty = "</script><script>alert(\\\"1\\\")</script> 'ü' & \\u2028";
  plan_of("name = \"" + nasty + "\"\nnotes = \"" + nasty + "\"\nconditions = [\"e-ln\"]\nseeds = 1\n",
          "epochs = 1\nwidth = 12\n");
  finish_study("study");
  const Json json = report("study");
  EXPECT_EQ(json["study"]["name"], "</script><script>alert(\"1\")</script> 'ü' & \u2028");
  if (page_parts().libraries.empty()) GTEST_SKIP() << page_parts().why_not;
  const std::string html = page(json, std::nullopt);
  EXPECT_EQ(html.find("<script>alert"), std::string::npos);
  EXPECT_NE(html.find("<title>&lt;/script&gt;"), std::string::npos);
  const std::size_t data = html.find("id=\"report\">") + 12;
  EXPECT_EQ(Json::parse(html.substr(data, html.find("</script>", data) - data)), json);
  EXPECT_EQ(html.find("sourceMappingURL"), std::string::npos);
}

TEST_F(ReportTest, IsWrittenBesideTheStudyAndReplacesOnlyAReport) {
  if (page_parts().libraries.empty()) GTEST_SKIP() << page_parts().why_not;
  plan_of("conditions = [\"e-ln\"]\nseeds = 1\n", "epochs = 1\nwidth = 12\n");
  finish_study("study");
  const std::string study = "report " + run("study").string();
  const Outcome outcome = run_program(words(study));
  EXPECT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_TRUE(outcome.out.starts_with((run("study") / "report.html").string() + " (")) << outcome.out;
  EXPECT_TRUE(bytes_of(run("study") / "report.html").starts_with("<!doctype html>"));
  EXPECT_EQ(run_program(words(study)).code, 0) << "again";
  EXPECT_EQ(run_program(words(study + " --watch")).code, 0) << "there is nothing to wait for";
  std::ofstream(folder_ / "mine.html") << "my notes";
  expect_refused(words(study + " --out " + (folder_ / "mine.html").string()), 1,
                 "mine.html: this file is not a report");
  EXPECT_EQ(bytes_of(folder_ / "mine.html"), "my notes");
  expect_refused(words(study + " --json --out " + (folder_ / "mine.html").string()), 1, "this file is not a report");
  expect_refused(words("report " + (folder_ / "nowhere").string()), 1, "nowhere");
}

TEST_F(ReportTest, IsRewrittenWhileTheStudyRuns) {
  if (page_parts().libraries.empty()) GTEST_SKIP() << page_parts().why_not;
  plan_of("conditions = [\"e-ln\"]\nseeds = 2\n", "epochs = 1\nwidth = 12\n");
  fs::create_directories(run("study"));
  fs::copy_file(folder_ / "plan.toml", run("study") / "study.toml");
  Program watch(words("report " + run("study").string() + " --watch"));
  ASSERT_TRUE(wait_until([&] { return watch.printed().find("2 missing") != std::string::npos; }));
  EXPECT_NE(bytes_of(run("study") / "report.html").find("RELOAD_SECONDS = 20;"), std::string::npos);
  watch.signal(SIGTERM);
  EXPECT_EQ(watch.wait().code, 143);
  finish_study("study");
  EXPECT_EQ(run_program(words("report " + run("study").string() + " --watch")).code, 0);
  EXPECT_NE(bytes_of(run("study") / "report.html").find("RELOAD_SECONDS = 0;"), std::string::npos);
}

TEST_F(ReportTest, AStudyEvaluatesItsFinishedRunsOnce) {
  const auto plan_with = [&](const std::string& evaluate) {
    plan_of("conditions = [\"e-ln\", \"inorm\"]\nseeds = 1\n" + evaluate, "epochs = 1\nwidth = 12\n");
  };
  plan_with("evaluate = [-0.5, 0, 0.5]\n");
  finish_study("study");
  for (const fs::path& folder : runs("study")) {
    const auto rows = read_evaluation(folder);
    ASSERT_EQ(rows.size(), 3U);
    EXPECT_EQ(rows[0].at.value, -0.5);
    const Outcome evaluated = run_program(
        words("evaluate " + folder.string() + " --luminosities=-0.5,0,0.5 --out " + (folder_ / "same.csv").string()));
    EXPECT_EQ(evaluated.code, 0) << evaluated.text();
    EXPECT_EQ(bytes_of(folder / "evaluation.csv"), bytes_of(folder_ / "same.csv"));
  }
  const auto before = contents_of(run("study") / "runs");
  finish_study("study");
  EXPECT_EQ(contents_of(run("study") / "runs"), before);

  // After a kill in between, the next start adds what is missing without touching the runs.
  const fs::path one = runs("study").front();
  fs::remove(one / "evaluation.csv");
  finish_study("study");
  EXPECT_EQ(contents_of(run("study") / "runs"), before);
  plan_with("evaluate = [0.25]\n");
  finish_study("study");
  EXPECT_EQ(read_evaluation(one).size(), 1U);
  plan_with("evaluate = []\n");
  finish_study("none");
  EXPECT_FALSE(fs::exists(runs("none").front() / "evaluation.csv"));
  plan_with("evaluate = [2]\n");
  expect_refused(study("none"), 2, "evaluate, fixed: 2 is out of range; expected a number from -1 to 1");
}

/// The folders of 1440 runs of 50 epochs, as `studies/paper.toml` leaves them, with synthetic numbers.
TEST_F(ReportTest, OfTheWholePaperIsBelow15Megabytes) {
  std::string text = bytes_of(fs::path(test_data()) / ".." / "studies" / "paper.toml");
  const std::string data_line = "[settings]\ndata = \"" + data().string() + "\"\n";
  text.replace(text.find("[settings]\n"), 11, data_line);
  plan(text);
  const StudyPlan paper = read_study_plan(folder_ / "plan.toml");
  ASSERT_EQ(paper.runs.size(), 1440U);
  finish("real", "--epochs 1 --width 12 --condition inorm-full");
  const auto columns = table_of(run("real") / "metrics.csv").front();
  RunRecord record = read_record(run("real"));
  std::mt19937 random(1);
  std::uniform_real_distribution<double> uniform;
  std::vector<StudyResult> results;
  for (const StudyRun& one : paper.runs) {
    const fs::path folder = run("study") / one.folder;
    fs::create_directories(folder);
    MetricsTable metrics(columns);
    for (int epoch = 0; epoch <= 50; ++epoch) {
      std::vector<double> row{static_cast<double>(epoch)};
      while (row.size() < columns.size()) row.push_back(uniform(random));
      metrics.add(row);
    }
    metrics.write(folder / "metrics.csv");
    write_record(folder, record);
    StudyResult& result = results.emplace_back();
    result.run = one;
    result.status = "finished";
    result.test_accuracy = uniform(random);
  }
  const Json json = report_data(paper, run("study"), results);
  EXPECT_EQ(json["data_sets"][0]["series"].size(), 1440U);
  EXPECT_EQ(json["data_sets"][0]["series"][7]["test_accuracy"].size(), 51U);
  const std::string dumped = json.dump(-1, ' ', false, Json::error_handler_t::replace);
  EXPECT_LT(dumped.size() + 1'000'000, 15'000'000U);
  if (const char* const out = std::getenv("CHANDELIER_LARGE_REPORT"); out != nullptr)  // to inspect it
    write_atomically(out, page(json, std::nullopt));
}

TEST(WeightHistogram, TellsLognormalFromOthers) {
  std::mt19937 random(3);
  std::lognormal_distribution<float> lognormal(-3, 0.8F);
  std::exponential_distribution<float> exponential(1);
  std::vector<Real> drawn(20'000), other(20'000);
  for (Real& weight : drawn) weight = lognormal(random);
  for (Real& weight : other) weight = exponential(random);
  const WeightHistogram histogram = weight_histogram(drawn);
  EXPECT_LT(histogram.distance, 0.01);
  EXPECT_NEAR(histogram.mean, -3 / std::log(10), 0.01);
  EXPECT_NEAR(histogram.sd, 0.8 / std::log(10), 0.01);
  double area = 0;
  for (const auto& [_, density] : histogram.bins) area += 0.1 * density;
  EXPECT_NEAR(area, 1, 1e-9);
  EXPECT_GT(weight_histogram(other).distance, 0.04);
  for (std::size_t i = 0; i < drawn.size(); i += 4) drawn[i] = 0;
  EXPECT_NEAR(weight_histogram(drawn).zero, 0.25, 1e-9);
  EXPECT_TRUE(std::isnan(weight_histogram(std::vector<Real>(3, 0.F)).distance));
  EXPECT_TRUE(weight_histogram({}).bins.empty());
}

}  // namespace
}  // namespace chandelier

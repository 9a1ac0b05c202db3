// Reading a plan: its runs, their settings, folders and order; and plans that are refused.

#include "studies/study_plan.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>

#include "places.hpp"
#include "sentence_of.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;

class StudyPlanTest : public ::testing::Test {
 protected:
  StudyPlan plan(const std::string& text) const {
    std::ofstream(folder_ / "plan.toml") << text;
    return read_study_plan(folder_ / "plan.toml");
  }

  TemporaryFolder folder_;
};

const StudyRun& run_in(const StudyPlan& plan, const std::string& folder) {
  const auto found = std::find_if(plan.runs.begin(), plan.runs.end(),
                                  [&](const StudyRun& run) { return run.folder == fs::path("runs") / folder; });
  if (found == plan.runs.end()) throw std::runtime_error("no run " + folder);
  return *found;
}

std::vector<std::string> folders_of(const StudyPlan& plan) {
  std::vector<std::string> folders;
  for (const StudyRun& run : plan.runs) folders.push_back(run.folder.filename().string());
  return folders;
}

TEST_F(StudyPlanTest, RunsComeSeedBySeedAndDrawByDraw) {
  const StudyPlan study = plan(
      "conditions = [\"ei\", \"inorm\"]\nepsilons = [0, 0.5]\nseeds = [3, 1]\ndata = [\"/x/one\", \"/y/two/\"]\n"
      "[grid]\nlr = [0.1, 0.2]");
  EXPECT_EQ(study.runs.size(), 32U);
  const std::vector<std::string> folders = folders_of(study);
  const std::vector<std::string> first{"ei-eps0-draw0-seed3-one", "inorm-eps0-draw0-seed3-one",
                                       "ei-eps0.5-draw0-seed3-one", "inorm-eps0.5-draw0-seed3-one",
                                       "ei-eps0-draw0-seed3-two"};
  EXPECT_EQ(std::vector(folders.begin(), folders.begin() + 5), first);
  EXPECT_EQ(folders.at(8), "ei-eps0-draw1-seed3-one");
  EXPECT_EQ(folders.at(16), "ei-eps0-draw0-seed1-one");
  const StudyRun& run = run_in(study, "inorm-eps0.5-draw1-seed1-two");
  EXPECT_EQ(run.condition, "inorm");
  EXPECT_EQ(run.data, "two");
  EXPECT_EQ(run.settings.data, "/y/two/");
  EXPECT_EQ(run.draw, 1);
  EXPECT_EQ(run.settings.lr, 0.2);
  EXPECT_EQ(run.settings.seed, 1U);
  EXPECT_EQ(run.settings.epsilon, 0.5);
  EXPECT_EQ(study.conditions, (std::vector<std::string>{"ei", "inorm"}));
  EXPECT_EQ(study.epsilons, (std::vector<double>{0, 0.5}));
  EXPECT_EQ(study.seeds, (std::vector<std::int64_t>{3, 1}));
  EXPECT_EQ(study.data, (std::vector<std::string>{"one", "two"}));
}

TEST_F(StudyPlanTest, OneDataSetIsNotInTheNames) {
  const std::string rest = "conditions = \"ei\"\nseeds = 1\n";
  for (const char* given : {"data = \"/x/one\"\n", "data = [\"/x/one\"]\n", "[settings]\ndata = \"/x/one\"\n"}) {
    const StudyPlan study = plan(rest + given);
    EXPECT_EQ(folders_of(study), std::vector<std::string>{"ei-eps0.75-draw0-seed0"});
    EXPECT_EQ(study.runs.front().settings.data, "/x/one");
    EXPECT_EQ(study.runs.front().data, "");
    EXPECT_TRUE(study.data.empty());
  }
  const StudyPlan both = plan(rest + "data = [\"\", \"/x/one\"]\n");
  EXPECT_EQ(folders_of(both),
            (std::vector<std::string>{"ei-eps0.75-draw0-seed0-fashion-mnist", "ei-eps0.75-draw0-seed0-one"}));
}

TEST_F(StudyPlanTest, NamesAndNotesAreFree) {
  const StudyPlan study =
      plan("name = \"Mine, all: mine\"\nnotes = \"\"\"a\nb\"\"\"\nconditions = \"ei\"\nseeds = 1\n");
  EXPECT_EQ(study.name, "Mine, all: mine");
  EXPECT_EQ(study.notes, "a\nb");
}

TEST_F(StudyPlanTest, DeclaresItsComparisons) {
  const std::string rest = "conditions = [\"ei\", \"inorm\", \"inorm-full\"]\nseeds = 1\n";
  EXPECT_TRUE(plan(rest).compare.empty());
  const StudyPlan study = plan(rest + "compare = [\"inorm-full - ei\", \"inorm - inorm-full\"]\n");
  ASSERT_EQ(study.compare.size(), 2U);
  EXPECT_EQ(study.compare[0].first, "inorm-full");
  EXPECT_EQ(study.compare[0].second, "ei");
  EXPECT_EQ(study.compare[1].first, "inorm");
  EXPECT_EQ(study.compare[1].second, "inorm-full");
}

TEST_F(StudyPlanTest, DeclaresContrastsOfMeansAndInteractions) {
  const std::string start = "conditions = [\"inorm\", \"inorm-full\", \"e-ln\", \"ei\"]\nseeds = 1\n";
  const StudyPlan study =
      plan(start +
           "compare = [\"errors: mean(inorm-full, e-ln) - mean(inorm, ei)\", \"(e-ln - ei) - (inorm-full - inorm)\"]");
  ASSERT_EQ(study.compare.size(), 2U);
  EXPECT_EQ(study.compare[0].label, "errors");
  EXPECT_EQ(study.compare[0].first_sum, (std::vector<Weighted>{{"inorm-full", 0.5}, {"e-ln", 0.5}}));
  EXPECT_TRUE(study.compare[1].is_interaction());
  EXPECT_NE(sentence_of<SettingError>([&] {
              plan(start + "compare = [\"x: ei - inorm\", \"x: ei - e-ln\"]");
            }).find("label 'x'"),
            std::string::npos);
}

TEST_F(StudyPlanTest, EvaluatesUnderShiftsAndLuminosityModels) {
  const std::string start = "conditions = [\"inorm\"]\nseeds = 1\n";
  const auto luminosities = [&](const std::string& text) { return plan(start + text).evaluate; };
  EXPECT_EQ(luminosities("").size(), 7U);
  EXPECT_TRUE(luminosities("evaluate = []").empty());
  EXPECT_EQ(luminosities("evaluate = [-1, 0.5, \"shading:0.75\", \"gain:1\"]"),
            (std::vector<LuminosityAt>{{"fixed", -1}, {"fixed", 0.5}, {"shading", 0.75}, {"gain", 1}}));
  const auto refused = [&](const std::string& list, const std::string& part) {
    const std::string sentence = sentence_of<SettingError>([&] { plan(start + "evaluate = " + list); });
    EXPECT_NE(sentence.find(part), std::string::npos) << list << ": " << sentence;
    EXPECT_NE(sentence.find("plan.toml: evaluate"), std::string::npos) << sentence;
  };
  refused("[1.5]", "1.5");
  refused("[true]", "must be a list of luminosity shifts");
  refused("[\"shading\"]", "shading needs a value, for example shading:0.5");
  refused("[\"shadign:0.5\"]", "did you mean 'shading'?");
  refused("[\"gain:2\"]", "2");
}

TEST_F(StudyPlanTest, ConditionsOfOnesOwnAreAnyCombination) {
  const StudyPlan study = plan(
      "conditions = [\"mine\", \"parts\", \"inorm\"]\nseeds = 1\n[settings]\nepochs = 7\nlr = 0.5\n"
      "[condition.mine]\ncondition = \"inorm-full\"\nerror_part = \"direction\"\nlr = 0.25\n"
      "[condition.parts]\ncircuit = \"ei\"\nactivity_norm = \"layer\"\nerror_norm = \"scale\"\n"
      "[condition.inorm]\nmomentum = 0.5\n");
  const Settings& mine = run_in(study, "mine-eps0.75-draw0-seed0").settings;
  EXPECT_EQ(mine.circuit, "inorm");
  EXPECT_EQ(mine.error_norm, "full");
  EXPECT_EQ(mine.error_part, "direction");
  EXPECT_EQ(mine.lr, 0.25);
  EXPECT_EQ(mine.epochs, 7);
  const Settings& parts = run_in(study, "parts-eps0.75-draw0-seed0").settings;
  EXPECT_EQ(parts.circuit, "ei");
  EXPECT_EQ(parts.activity_norm, "layer");
  EXPECT_EQ(parts.error_norm, "scale");
  EXPECT_EQ(parts.lr, 0.5);
  const Settings& inorm = run_in(study, "inorm-eps0.75-draw0-seed0").settings;
  EXPECT_EQ(inorm.error_norm, "none");
  EXPECT_EQ(inorm.error_part, "whole");
  EXPECT_EQ(inorm.momentum, 0.5);
  EXPECT_EQ(mine.momentum, 0);
}

TEST_F(StudyPlanTest, DrawsAreSharedAndAConditionWinsOverThem) {
  const StudyPlan study = plan(
      "conditions = [\"e-ln\", \"inorm\"]\nseeds = 2\n[condition.inorm]\nlr = 0.5\nbatch = 8\n"
      "[random]\ndraws = 3\nlr = { log_uniform = [1e-3, 1e-2] }\nwidth = { integer = [10, 99] }\n");
  EXPECT_EQ(study.runs.size(), 12U);
  for (int draw = 0; draw < 3; ++draw) {
    const auto of = [&](const std::string& condition, int seed) -> const Settings& {
      return run_in(study, fmt::format("{}-eps0.75-draw{}-seed{}", condition, draw, seed)).settings;
    };
    const auto& values = study.draws.values.at(static_cast<std::size_t>(draw));
    EXPECT_EQ(SettingValue(std::vector<int>{of("e-ln", 0).width.front()}), values.at(0));
    EXPECT_EQ(SettingValue(of("e-ln", 0).lr), values.at(1));
    EXPECT_EQ(of("e-ln", 0).lr, of("e-ln", 1).lr);
    EXPECT_EQ(of("e-ln", 0).width, of("inorm", 1).width);
    EXPECT_EQ(of("inorm", 0).lr, 0.5);
  }
  ASSERT_EQ(study.fixed_draws.size(), 1U);
  EXPECT_EQ(study.fixed_draws[0].condition, "inorm");
  EXPECT_EQ(study.fixed_draws[0].key, "lr");
  EXPECT_EQ(study.fixed_draws[0].value, SettingValue(0.5));
}

TEST_F(StudyPlanTest, BadOnesAreRefusedInOneSentence) {
  const std::string good = "conditions = [\"e-ln\", \"inorm\"]\nseeds = 1\n";
  const auto conditions = [](const std::string& names) { return "seeds = 1\nconditions = [" + names + "]\n"; };
  const std::vector<std::pair<std::string, std::string>> plans{
      // Conditions
      {conditions("\"mine\""), "conditions: 'mine' is not a preset, and no [condition.mine] defines it"},
      {conditions("\"inorm-ful\""), "did you mean 'inorm-full'?"},
      {conditions("\"mine\", \"mines\"") + "[condition.mine]\ncircuit = \"e\"", "'mines' is not a preset, and no"},
      {conditions("\"mine\", \"mines\"") + "[condition.mine]\ncircuit = \"e\"", "did you mean 'mine'?"},
      {good + "[condition.ei]\nlr = 1", "[condition.ei] is for a condition that is not in conditions"},
      {good + "[condition.e-nl]\nlr = 1",
       "[condition.e-nl] is for a condition that is not in conditions; did you "
       "mean 'e-ln'?"},
      {good + "[condition]\ninorm = 3", "condition.inorm must be a table"},
      {good + "condition = 3", "'condition' is not a key of a study; use conditions and seeds"},
      {good + "[condition.inorm]\nlearning_rate = 1", "[condition.inorm]: 'learning_rate' is not a setting"},
      {good + "[condition.inorm]\nlr = -1", "[condition.inorm]: lr: -1 is out of range"},
      {good + "[condition.inorm]\nepsilon = 0.5",
       "[condition.inorm]: epsilon is the same for all conditions; vary it "
       "with epsilons"},
      {good + "[condition.inorm]\nseed = 5", "[condition.inorm]: seed is the same for all conditions"},
      {good + "[condition.inorm]\ndata = \"/x\"", "[condition.inorm]: data is the same for all conditions"},
      {good + "[condition.inorm]\nerror_norm = \"full\"",
       "[condition.inorm]: error_norm is set by the preset inorm; "
       "give the condition another name"},
      {good + "[condition.inorm]\ncondition = \"ei\"", "[condition.inorm]: condition is set by the preset inorm"},
      {conditions("\"mine\"") + "[condition.mine]\nlr = 0.5",
       "[condition.mine]: 'mine' is not a preset, so it needs a definition"},
      {conditions("\"mine\"") + "[condition.mine]\ncondition = \"inrom\"",
       "[condition.mine]: condition: 'inrom' is not"},
      {conditions("\"mine\"") + "[condition.mine]\ncondition = \"inorm\"\nerror_norm = \"full\"",
       "[condition.mine]: error_norm 'full' contradicts"},
      {conditions("\"mine\"") + "[condition.mine]\ncircuit = \"inorm\"\nactivity_norm = \"layer\"",
       "[condition.mine]: activity_norm 'layer' cannot be combined with"},
      {conditions("\"mine\"") + "[condition.mine]\ncircuit = \"inorm\"\nerror_norm = \"own\"",
       "[condition.mine]: error_norm 'own' cannot be combined with"},
      {conditions("\"mine\"") + "[condition.mine]\ncircuit = \"e\"\nfreeze = [\"hidden0.Wix\"]",
       "[condition.mine]: freeze: 'hidden0.Wix'"},
      // Comparisons
      {good + "compare = []", "compare is empty; name a difference"},
      {good + "compare = 3", "compare must be a list of differences between conditions"},
      {good + "compare = [\"e-ln\"]", "compare: 'e-ln' is not a difference of two conditions"},
      {good + "compare = [\"inorm-e-ln\"]", "write, for example, \"inorm-full - inorm\", with spaces"},
      {good + "compare = [\"inrom - e-ln\"]", "'inrom', which is not in conditions; did you mean 'inorm'?"},
      {good + "compare = [\"inorm - ei\"]", "compare: 'inorm - ei' names 'ei', which is not in conditions"},
      {good + "compare = [\"inorm - inorm\"]", "compare: 'inorm - inorm' compares a condition with itself"},
      {good + "compare = [\"inorm - e-ln\", \"inorm - e-ln\"]", "compare names inorm - e-ln twice"},
      {good + "compare = [\"inorm - e-ln\", \"e-ln - inorm\"]",
       "compare: 'e-ln - inorm' and 'inorm - e-ln' are the same pair; keep one"},
      // Names of folders
      {conditions("\"a/b\"") + "[condition.\"a/b\"]\ncircuit = \"e\"",
       "conditions: 'a/b' cannot be used in folder names"},
      {conditions("\"..\"") + "[condition.\"..\"]\ncircuit = \"e\"", "conditions: '..' cannot be used in folder names"},
      {conditions("\"-x\"") + "[condition.-x]\ncircuit = \"e\"", "conditions: '-x' cannot be used in folder names"},
      {conditions("\"\"") + "[condition.\"\"]\ncircuit = \"e\"", "conditions: '' cannot be used in folder names"},
      {conditions("\"a b\"") + "[condition.\"a b\"]\ncircuit = \"e\"",
       "conditions: 'a b' cannot be used in folder names"},
      {conditions("\"\\u0000\"") + "[condition.\"\\u0000\"]\ncircuit = \"e\"", "' cannot be used in folder names"},
      {conditions('"' + std::string(81, 'x') + '"'), "is too long for folder names; use at most 80 characters"},
      {good + "data = [\"/x/a b\", \"/x/c\"]", "data: the folder's name: 'a b' cannot be used in folder names"},
      {good + "data = [\"/\", \"/x/c\"]", "data: the folder's name: '' cannot be used in folder names"},
      {good + "data = [\"/x/c\", \"/y/c/\"]",
       "data: /x/c and /y/c/ are both called c, which is part of the names of their runs"},
      {good + "data = [\"/x/c\", \"/x/c\"]", "data names /x/c twice"},
      {good + "data = []", "data is empty"},
      {good + "data = 3", "data must be a list of folders"},
      {"conditions = [\"ei\", \"ei-eps0.75-draw0-seed0-a\"]\nseeds = 1\ndata = [\"/x/b\", "
       "\"/x/a-eps0.75-draw0-seed0-b\"]\n"
       "[condition.\"ei-eps0.75-draw0-seed0-a\"]\ncircuit = \"e\"",
       "two runs would have the folder runs/ei-eps0.75-draw0-seed0-a-eps0.75-draw0-seed0-b"},
      // Contradictions
      {good + "data = \"/x\"\n[settings]\ndata = \"/y\"", "data is in [settings] and above it; keep one"},
      {good + "[settings]\nlr = 1\n[grid]\nlr = [1, 2]", "lr is in [settings], and grid draws it; keep one"},
      {good + "[settings]\nlr = 1\n[[draws]]\nlr = 2", "lr is in [settings], and draws draws it; keep one"},
      {good + "[settings]\nlr = 1\n[random]\ndraws = 2\nlr = { uniform = [0, 1] }", "lr is in [settings], and random"},
      {good + "[grid]\nlr = [1]\n[random]\ndraws = 2\nlr_wix = { uniform = [0, 1] }", "grid and random; use only one"},
      {good + "epsilons = [0, 1]\n[condition.inorm]\nluminosity = \"fixed\"",
       "epsilons varies, but luminosity fixed does not use epsilon (condition inorm)"},
      {good + "epsilons = [0, 1]\n[grid]\nluminosity = [\"gain\", \"fixed\"]", "epsilons varies, but luminosity fixed"},
      {good + "[grid]\nmomentum = [0.5, 0]\n[settings]\nnesterov = true", "[settings]: nesterov needs momentum"},
      {good + "[grid]\nnesterov = [false, true]", "draw 1: nesterov needs momentum"},
      {good + "drawn = 3", "'drawn' is not a key of a study; did you mean 'draws'?"},
      // Too many
      {"conditions = [\"ei\"]\nseeds = 1000\n[random]\ndraws = 101\nlr = { uniform = [0, 1] }",
       "1 conditions, 1 epsilons, 101 draws, 1000 seeds and 1 data sets make 101000 runs; at most 100000 are allowed"},
  };
  for (const auto& [text, part] : plans) {
    SCOPED_TRACE(text);
    const std::string sentence = sentence_of<SettingError>([&, &text = text] { plan(text); });
    EXPECT_TRUE(names(sentence, part));
    EXPECT_TRUE(names(sentence, "plan.toml"));
  }
}

TEST_F(StudyPlanTest, NamesThatTablesWouldChangeAreRefused) {
  for (const std::string name :
       {"10",   "010", "1e1", "+5", "1.",   "1.5e-3", "1E+2", "1d2",  "0x10", "2i", "1+2i", "inf",       "Infinity",
        "+inf", "nan", "NaN", "NA", "null", "NULL",   "None", "true", "TRUE", "F",  "t",    "2024-01-31"}) {
    SCOPED_TRACE(name);
    const std::string text =
        "conditions = [\"" + name + "\"]\nseeds = 1\n[condition.\"" + name + "\"]\ncircuit = \"ei\"";
    EXPECT_TRUE(names(sentence_of<SettingError>([&] { plan(text); }), "'" + name + "' cannot be used in tables"));
    const std::string data = "conditions = [\"ei\"]\nseeds = 1\ndata = [\"/x/" + name + "\", \"/x/other\"]";
    EXPECT_TRUE(names(sentence_of<SettingError>([&] { plan(data); }), "'" + name + "'"));
  }
  for (const std::string name :
       {"10x", "e10", "1e", "x", "NAN-1", "na2", "1.2.3", "v1", "1-2", "10_000", "nil", "_", "T2"})
    EXPECT_EQ(plan("conditions = [\"" + name + "\"]\nseeds = 1\n[condition.\"" + name + "\"]\ncircuit = \"ei\"")
                  .conditions.front(),
              name);
}

TEST_F(StudyPlanTest, EveryRunOfAFolderIsAllowed) {
  EXPECT_EQ(plan("conditions = [\"ei\"]\nseeds = 1000\n[random]\ndraws = 100\nlr = { uniform = [0, 1] }").runs.size(),
            100'000U);
}

// The plans in this repository.

StudyPlan shipped(const std::string& name) {
  return read_study_plan(fs::path(test_data()).parent_path() / "studies" / (name + ".toml"));
}

std::map<std::string, std::size_t> runs_by_condition(const StudyPlan& plan) {
  std::map<std::string, std::size_t> counts;
  for (const StudyRun& run : plan.runs) ++counts[run.condition];
  return counts;
}

const std::set<std::string> kPaper{"ei",           "ei-ln",       "ei-ln-forward",     "e-ln",
                                   "e-ln-forward", "inorm",       "inorm-sub",         "inorm-full",
                                   "inorm-center", "inorm-scale", "inorm-decorrelate", "inorm-lateral"};

void expect_paper_settings(const Settings& settings, std::uint64_t seed = 0) {
  EXPECT_EQ(settings.depth, 2);
  EXPECT_EQ(settings.width.at(0), settings.width.at(1));
  EXPECT_EQ(settings.batch, 32);
  EXPECT_FALSE(settings.shuffle);
  EXPECT_EQ(settings.lambda, 0.01);
  EXPECT_EQ(settings.momentum, 0);
  EXPECT_EQ(settings.momentum_inhibitory, 0);
  EXPECT_EQ(settings.weight_decay, 0);
  EXPECT_EQ(settings.luminosity, "uniform");
  EXPECT_EQ(settings.update, "sgd");
  EXPECT_EQ(settings.error_divide, "sample");
  EXPECT_EQ(settings.error_part, "whole");
  EXPECT_EQ(settings.seed, seed);
  EXPECT_GE(settings.lr, 1e-3);
  EXPECT_LE(settings.lr, 1e-2);
  EXPECT_GE(settings.lr_wei, 1e-5);
  EXPECT_LE(settings.lr_wei, 1e-2);
  EXPECT_GE(settings.lr_wix, 1e-2);
  EXPECT_LE(settings.lr_wix, 1);
}

TEST(ShippedPlans, ThePaper) {
  const StudyPlan plan = shipped("paper");
  EXPECT_EQ(plan.runs.size(), 1440U);
  const auto counts = runs_by_condition(plan);
  EXPECT_EQ(counts.size(), 12U);
  for (const std::string& condition : kPaper) EXPECT_EQ(counts.at(condition), 120U);
  EXPECT_EQ(plan.epsilons, (std::vector<double>{0, 0.25, 0.5, 0.75}));
  EXPECT_EQ(plan.draws.source, "draws");
  EXPECT_EQ(plan.draws.values.size(), 30U);
  for (const StudyRun& run : plan.runs) {
    expect_paper_settings(run.settings);
    EXPECT_EQ(run.settings.epochs, 50);
  }
  // The first of the published draws.
  const Settings& first = run_in(plan, "ei-eps0.75-draw0-seed0").settings;
  EXPECT_EQ(first.width, (std::vector<int>{178, 178}));
  EXPECT_EQ(first.lr, 0.0046948634644269184);
  EXPECT_EQ(first.lr_wei, 0.0004979148010321483);
  EXPECT_EQ(first.lr_wix, 0.8313806603864143);
}

TEST(ShippedPlans, ThePaperRedrawn) {
  const StudyPlan plan = shipped("paper-redrawn"), paper = shipped("paper");
  EXPECT_EQ(plan.runs.size(), 1440U);
  EXPECT_EQ(plan.conditions, paper.conditions);
  EXPECT_EQ(plan.epsilons, paper.epsilons);
  EXPECT_TRUE(plan.seed_by_draw);
  for (const DrawnSetting& drawn : plan.draws.settings) {
    const SearchedRange range = drawn.range.value();
    EXPECT_EQ(range.logarithmic, drawn.key != "width");
    const std::map<std::string, std::pair<double, double>> ranges{
        {"width", {100, 499}}, {"lr", {1e-3, 1e-2}}, {"lr_wei", {1e-5, 1e-2}}, {"lr_wix", {1e-2, 1}}};
    EXPECT_EQ(std::pair(range.low, range.high), ranges.at(drawn.key));
  }
  EXPECT_EQ(plan.draws.settings.size(), 4U);
  for (const StudyRun& run : plan.runs) {
    expect_paper_settings(run.settings, static_cast<std::uint64_t>(run.draw));
    EXPECT_EQ(run.settings.epochs, 50);
  }
}

TEST(ShippedPlans, ThePaperSmall) {
  const StudyPlan plan = shipped("paper-small"), paper = shipped("paper");
  const StudyPlan redrawn = shipped("paper-redrawn");
  EXPECT_EQ(plan.runs.size(), 576U);
  EXPECT_EQ(plan.conditions, paper.conditions);
  EXPECT_EQ(plan.epsilons, paper.epsilons);
  for (const StudyRun& run : plan.runs) {
    expect_paper_settings(run.settings);
    EXPECT_EQ(run.settings.epochs, 5);
    EXPECT_GE(run.settings.width.at(0), 100);
    EXPECT_LE(run.settings.width.at(0), 199);
    // Its learning rates are those of the first draws of paper-redrawn.
    const std::string folder = run.folder.filename().string();
    EXPECT_EQ(run.settings.lr,
              run_in(redrawn, folder.substr(0, folder.rfind("seed")) + "seed" + std::to_string(run.draw)).settings.lr);
  }
}

TEST(ShippedPlans, TheFactorial) {
  const StudyPlan plan = shipped("factorial"), small = shipped("paper-small");
  EXPECT_EQ(plan.runs.size(), 200U);
  const auto counts = runs_by_condition(plan);
  EXPECT_EQ(counts.size(), 20U);
  for (const auto& [condition, count] : counts) EXPECT_EQ(count, 10U) << condition;
  std::set<std::vector<std::string>> cells;
  for (const StudyRun& run : plan.runs) {
    const Settings& s = run.settings;
    cells.insert({s.circuit, s.activity_norm, s.error_norm, s.error_part, s.error_divide});
    if (kPaper.contains(run.condition)) {
      EXPECT_EQ(s, run_in(small, run.folder.filename().string()).settings) << run.folder;
    }
  }
  std::set<std::vector<std::string>> wanted;
  for (const char* error : {"own", "center", "scale", "decorrelate", "full"})
    wanted.insert({"ei", "none", error, "whole", "sample"});
  for (const char* error : {"none", "own", "center", "full"}) wanted.insert({"ei", "layer", error, "whole", "sample"});
  for (const char* error : {"none", "center", "scale", "decorrelate", "full", "jacobian"})
    wanted.insert({"inorm", "none", error, "whole", "sample"});
  for (const char* error : {"center", "full"})
    for (const char* part : {"direction", "magnitude"}) wanted.insert({"inorm", "none", error, part, "sample"});
  wanted.insert({"inorm", "none", "full", "whole", "off"});
  EXPECT_EQ(cells, wanted);
  EXPECT_EQ(plan.compare.size(), 15U);
}

TEST(ShippedPlans, TheSupplement) {
  const StudyPlan plan = shipped("lambda");
  EXPECT_EQ(plan.runs.size(), 30U);
  std::set<double> lambdas;
  for (const StudyRun& run : plan.runs) {
    EXPECT_EQ(run.condition, "inorm");
    EXPECT_EQ(run.epsilon, 0.75);
    lambdas.insert(run.settings.lambda);
  }
  EXPECT_EQ(lambdas, (std::set<double>{1e-5, 1e-4, 1e-3, 1e-2, 1e-1, 1}));
}

TEST(ShippedPlans, AllAreRead) {
  for (const auto& file : fs::directory_iterator(fs::path(test_data()).parent_path() / "studies"))
    EXPECT_FALSE(read_study_plan(file.path()).runs.empty()) << file.path();
}

}  // namespace
}  // namespace chandelier

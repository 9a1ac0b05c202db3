// Repeated runs: how they are found, and that they are trained once and counted once.

#include "studies/repeated_runs.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "report/claims.hpp"
#include "report/study_table.hpp"
#include "statistics/comparison.hpp"
#include "studies/study_results.hpp"
#include "study_runs.hpp"
#include "synthetic_study.hpp"
#include "temporary_folder.hpp"

namespace chandelier {
namespace {

namespace fs = std::filesystem;
using Sentences = std::vector<std::string>;

StudyPlan plan_from(const std::string& text) {
  const TemporaryFolder folder;
  std::ofstream(folder / "plan.toml") << text;
  return read_study_plan(folder / "plan.toml");
}

Sentences repeats_in(const std::string& text) {
  const StudyPlan plan = plan_from(text);
  return in_words(repeated_runs(plan), plan);
}

const std::string kConditions = "seeds = 1\nconditions = [\"e-ln\", \"e\"]\n";

// --- finding them ---

TEST(RepeatedRuns, AreDrawsOfWhatDoesNothing) {
  const std::string drawn = "[random]\ndraws = 12\nlambda = { log_uniform = [1e-4, 1e-1] }\n";
  EXPECT_EQ(repeats_in(kConditions + drawn),
            Sentences{"all conditions: draws 1 to 11 repeat draw 0 (lambda has no effect)"});
  EXPECT_EQ(repeats_in("seeds = 1\nconditions = [\"e-ln\", \"inorm\"]\n" + drawn),
            Sentences{"e-ln: draws 1 to 11 repeat draw 0 (lambda has no effect)"})
      << "inorm has a local loss";
  const StudyPlan plan = plan_from("epsilons = [0, 0.5]\nseeds = [3, 4]\nconditions = [\"e-ln\"]\n" + drawn);
  const RepeatedRuns repeated = repeated_runs(plan);
  EXPECT_EQ(repeated.count(), 44U);
  for (std::size_t i = 0; i < plan.runs.size(); ++i) {
    const StudyRun &run = plan.runs[i], &first = plan.runs[repeated.first_alike[i]];
    EXPECT_EQ(first.draw, 0);
    EXPECT_EQ(first.seed, run.seed);
    EXPECT_EQ(first.epsilon, run.epsilon);
  }
}

TEST(RepeatedRuns, AreDrawsThatComeOutEqual) {
  const StudyPlan plan = plan_from(kConditions + "[random]\ndraws = 16\nwidth = { integer = [20, 21] }\n");
  std::set<std::string> widths;
  for (const StudyRun& run : plan.runs) widths.insert(fmt::format("{}", fmt::join(run.settings.width, ",")));
  ASSERT_EQ(widths.size(), 2U);
  EXPECT_EQ(repeated_runs(plan).count(), 2 * 14U);
  EXPECT_EQ(repeats_in(kConditions + "[random]\ndraws = 5\nlr = { uniform = [0.001, 0.0010000001] }\n"),
            Sentences{"all conditions: draws 1 to 4 repeat draw 0 (equal settings)"});
  EXPECT_EQ(repeats_in(kConditions + "[grid]\nwidth = [20, [20, 20]]\n"),
            Sentences{"all conditions: draw 1 repeats draw 0 (equal settings)"});
}

TEST(RepeatedRuns, AreDrawsOfWhatIsOnlyRecorded) {
  EXPECT_EQ(repeats_in(kConditions + "[grid]\nmeasure = [\"all\", \"none\"]\nkeep_checkpoint = [true, false]\n").size(),
            3U);
}

TEST(RepeatedRuns, AreNoneWhereSettingsMatterOrSeedsDiffer) {
  EXPECT_EQ(repeats_in("seeds = 3\nconditions = [\"e-ln\", \"inorm\"]\n"), Sentences{});
  EXPECT_EQ(repeats_in(kConditions + "[random]\ndraws = 6\nlr = { log_uniform = [1e-3, 1e-2] }\n"), Sentences{});
  // Tiny rates matter, however little they move the weights.
  EXPECT_EQ(repeats_in(kConditions + "[grid]\nlr_wei = [1e-12, 2e-12]\n"), Sentences{});
  // lambda and lr_wix act as a product in hidden layers, and lr_wix acts in the readout by itself.
  EXPECT_EQ(repeats_in("seeds = 1\nconditions = [\"inorm\"]\n[[draws]]\nlambda = 0.1\nlr_wix = 0.1\n"
                       "[[draws]]\nlambda = 0.01\nlr_wix = 1\n"),
            Sentences{});
  // If each draw has its own seed, none repeats another, even if the drawn setting has no effect.
  const StudyPlan by_draw =
      plan_from("seeds = \"by draw\"\nconditions = [\"e-ln\"]\n[grid]\nlambda = [0.1, 0.2, 0.3]\n");
  EXPECT_EQ(by_draw.runs.size(), 3U);
  EXPECT_EQ(repeated_runs(by_draw).count(), 0U);
}

// Whether a setting has an effect depends on the other settings of the same draw, not on those of the first draw.
TEST(RepeatedRuns, AreJudgedInTheirOwnContext) {
  const std::string some = "seeds = 1\nconditions = [\"ei\"]\n";
  EXPECT_EQ(repeats_in(some + "[grid]\nlr = [0, 0.01]\nweight_decay = [0, 0.1]\n"),
            Sentences{"all conditions: draw 1 repeats draw 0 (weight_decay has no effect)"})
      << "without a rate alone";
  EXPECT_EQ(repeats_in("seeds = 1\nconditions = [\"inorm\"]\n[settings]\nfreeze = [\"readout\"]\n"
                       "[grid]\nlr_wix = [0, 0.1]\nlambda = [0.1, 0.2]\n"),
            Sentences{"all conditions: draw 1 repeats draw 0 (lambda has no effect)"});
  EXPECT_EQ(repeats_in("seeds = 1\nconditions = [\"e-ln\"]\n[grid]\nluminosity = [\"gain\", \"contrast\"]\n"),
            Sentences{})
      << "what a run sees shows in no step on given images";
}

// --- counting them once ---

/// The results of the statistical tests of a study: all numbers that must not change.
std::vector<double> numbers_of_study(const Study& study) {
  std::vector<double> numbers;
  const auto add_number = [&](double value) { numbers.push_back(std::isnan(value) ? -1e300 : value); };
  for (const Comparison& row : comparisons(study, declared_contrasts(study), 0.95)) {
    for (const double value :
         {row.p, row.p_holm, row.least_p_holm, row.difference.mean, row.difference.low, row.difference.high,
          row.difference.p, row.shift.estimate, row.shift.low, row.shift.high, row.wilcoxon.p, row.rank_biserial,
          row.unpaired.U, row.unpaired.p, row.cliffs_delta, row.divergence.p})
      add_number(value);
    for (const int count :
         {row.difference.n, row.pairs, row.planned_pairs, row.seeds_of_unit, row.divergence.first,
          row.divergence.second, row.divergence.more_first, row.divergence.more_second, row.divergence.collapsed_first,
          row.divergence.collapsed_second, row.shared.pairs, row.shared.units})
      add_number(count);
  }
  for (const JudgedClaim& claim : judged_claims(study)) add_number(static_cast<double>(claim.verdict));
  for (const std::string_view condition : conditions_of(study))
    for (const double epsilon : epsilons_of(study))
      for (const double value : unit_means(run_accuracies(study, condition, epsilon))) add_number(value);
  return numbers;
}

StudyResult copy_of(const StudyResult& result, int draw) {
  StudyResult copy = result;
  copy.repeats = result.repeats.value_or(RunNumber{result.run.draw, result.run.seed});
  copy.run.draw = draw;
  copy.status = "repeats";
  copy.test_accuracy.reset();
  return copy;
}

RC_GTEST_PROP(RepeatedRuns, ChangeNoNumberHoweverOftenDrawsAreDuplicated, ()) {
  const int draws = *rc::gen::inRange(1, 8), seeds = *rc::gen::inRange(1, 4);
  const bool several_epsilons = *rc::gen::arbitrary<bool>();
  Study study;
  for (const char* condition : {"ei", "inorm", "inorm-full", "inorm-center"})
    for (const double epsilon : several_epsilons ? std::vector<double>{0, 0.5} : std::vector<double>{0.5})
      for (int draw = 0; draw < draws; ++draw) {
        std::vector<double> percents;
        for (int seed = 0; seed < seeds; ++seed) percents.push_back(*rc::gen::inRange(700, 760) / 10.0);  // with ties
        add(study, condition, percents, epsilon, draw);
      }
  // Some failed, some diverged, some collapsed.
  for (StudyResult& result : study) {
    const int fate = *rc::gen::inRange(0, 20);
    if (fate == 0) spoil(study, result.run.condition, result.run.seed, "failed", "", result.run.draw);
    if (fate == 1) spoil(study, result.run.condition, result.run.seed, "diverged", "", result.run.draw);
    if (fate == 2 && result.test_accuracy) result.test_accuracy = 0.1;
  }
  const std::vector<double> before = numbers_of_study(study);
  const int copies = *rc::gen::inRange(1, 20);
  for (int copy = 0; copy < copies; ++copy) {
    const int original = *rc::gen::inRange(0, draws + copy);
    Study more;
    for (const StudyResult& result : study)
      if (result.run.draw == original) more.push_back(copy_of(result, draws + copy));
    study.insert(study.end(), more.begin(), more.end());
  }
  RC_ASSERT(numbers_of_study(study) == before);
  study_table(study);  // must not throw
  study_table(study, {}, {}, Shown::all_tests);
}

/// Draws of a setting without effect in e-ln: each repeats the first, for every seed.
Study with_a_dead_setting(const std::vector<std::vector<double>>& of_inorm, const std::vector<double>& of_e_ln) {
  Study study;
  for (std::size_t draw = 0; draw < of_inorm.size(); ++draw)
    add(study, "inorm", of_inorm[draw], 0.75, static_cast<int>(draw));
  const std::size_t first = study.size();
  add(study, "e-ln", of_e_ln);
  const Study originals(study.begin() + static_cast<std::ptrdiff_t>(first), study.end());
  for (std::size_t draw = 1; draw < of_inorm.size(); ++draw)
    for (const StudyResult& result : originals) study.push_back(copy_of(result, static_cast<int>(draw)));
  return study;
}

Comparison difference_from_e_ln(const Study& study) {
  const std::vector<Contrast> contrasts{{"inorm", "e-ln"}};
  return comparisons(study, contrasts, 0.95).front();
}

TEST(RepeatedRuns, MakeOneUnitOfThePairsThatShareThem) {
  std::vector<std::vector<double>> of_inorm;
  for (int draw = 0; draw < 12; ++draw) of_inorm.push_back({70 + draw / 2.0});
  const Study study = with_a_dead_setting(of_inorm, {75});
  const Comparison row = difference_from_e_ln(study);
  EXPECT_EQ(row.pairs, 12);
  EXPECT_EQ(row.difference.n, 1) << "all twelve differences share the noise of one network";
  EXPECT_NEAR(row.difference.mean, 72.75 - 75, 1e-9);
  EXPECT_EQ(row.p, 1);
  EXPECT_FALSE(row.difference.has_interval());
  EXPECT_EQ(row.shared.pairs, 12);
  EXPECT_EQ(row.shared.units, 1);
  EXPECT_EQ(row.shared.conditions, std::vector<std::string>{"e-ln"});
  EXPECT_EQ(row.unpaired.most, 12) << "twelve values against one";
  EXPECT_EQ(unit_means(run_accuracies(study, "e-ln", 0.75)), std::vector<double>{75});
  for (const Shown shown : {Shown::primary_test, Shown::all_tests}) {
    const std::string table = joined(study_table(study, {}, {}, shown));
    EXPECT_TRUE(names(table, "inorm - e-ln: 12 pairs share runs of e-ln and count as 1 unit."));
    EXPECT_TRUE(names(table, "cannot be tested: Normalizing activity alone stays below layer normalization"));
    EXPECT_TRUE(names(table, "n = 1 seed; 12 pairs share runs of e-ln and count as 1 unit)"));
    EXPECT_TRUE(names(table, "counted once: 11 of 24 e-ln, draws 1 to 11: "));
  }
}

TEST(RepeatedRuns, LeaveSeedsToCountWhereTheyJoinAllDraws) {
  std::vector<std::vector<double>> of_inorm;
  const std::vector<double> of_e_ln{75, 75.2, 74.9, 75.1, 75.3, 74.8, 75, 75.4};
  for (int draw = 0; draw < 12; ++draw) {
    std::vector<double>& percents = of_inorm.emplace_back();
    for (int seed = 0; seed < 8; ++seed) percents.push_back(70 + draw / 2.0 + seed / 4.0);
  }
  const Study study = with_a_dead_setting(of_inorm, of_e_ln);
  const Comparison row = difference_from_e_ln(study);
  EXPECT_EQ(row.pairs, 96);
  EXPECT_EQ(row.unit, StudyUnit::seed);
  ASSERT_EQ(row.difference.n, 8);
  for (std::size_t seed = 0; seed < 8; ++seed) {
    EXPECT_NEAR(row.of_first[seed], 72.75 + static_cast<double>(seed) / 4, 1e-9);
    EXPECT_NEAR(row.of_second[seed], of_e_ln[seed], 1e-9);
  }
  EXPECT_EQ(row.shared.pairs, 96);
  EXPECT_EQ(row.shared.units, 8);
  const std::string table = joined(study_table(study));
  EXPECT_TRUE(names(table, "n = 8 seeds; 96 pairs share runs of e-ln and count as 8 units)"));

  // Two values of a setting that matters to both: two draws that differ, each with all its seeds.
  Study wide = study;
  for (StudyResult result : study) {
    result.run.draw += 12;
    if (result.repeats) result.repeats->draw += 12;
    wide.push_back(result);
  }
  const Comparison both = difference_from_e_ln(wide);
  EXPECT_EQ(both.unit, StudyUnit::draw);
  EXPECT_EQ(both.difference.n, 2);
  EXPECT_EQ(both.seeds_of_unit, 8);
  EXPECT_EQ(both.shared.pairs, 192);
}

TEST(RepeatedRuns, JoinUnitsInAChain) {
  Study study;
  add_draws(study, "inorm", {70, 71, 72, 73});
  add_draws(study, "e-ln", {75, 76, 77, 78});
  const auto repeat = [&](const std::string& condition, int draw, int original) {
    for (StudyResult& result : study)
      if (result.run.condition == condition && result.run.draw == draw) {
        result.repeats = RunNumber{original, 0};
        result.status = "repeats";
        result.test_accuracy.reset();
      }
  };
  repeat("inorm", 1, 0);  // draws 0 and 1 share a run of inorm,
  repeat("e-ln", 2, 1);   // draws 1 and 2 one of e-ln; draw 3 shares none
  const Comparison row = difference_from_e_ln(study);
  EXPECT_EQ(row.unit, StudyUnit::draw);
  EXPECT_EQ(row.pairs, 4);
  ASSERT_EQ(row.difference.n, 2);
  EXPECT_NEAR(row.of_first[0] - row.of_second[0], ((70 - 75) + (70 - 76) + (72 - 76)) / 3.0, 1e-9);
  EXPECT_NEAR(row.of_first[1] - row.of_second[1], 73 - 78, 1e-9);
  EXPECT_EQ(row.shared.pairs, 3);
  EXPECT_EQ(row.shared.units, 1);
  EXPECT_EQ(row.shared.conditions, (std::vector<std::string>{"e-ln", "inorm"}));
}

TEST(RepeatedRuns, JoinUnitsOverEpsilonsWhereTheyShareOneAtAny) {
  Study study;
  for (const double epsilon : {0.0, 0.5}) {
    add_draws(study, "inorm", {70, 71, 72}, epsilon);
    add_draws(study, "e-ln", {75, 76, 77}, epsilon);
  }
  for (StudyResult& result : study)
    if (result.run.condition == "e-ln" && result.run.epsilon == 0 && result.run.draw == 1) {
      result.repeats = RunNumber{0, 0};
      result.status = "repeats";
      result.test_accuracy.reset();
    }
  const std::vector<Contrast> contrasts{{"inorm", "e-ln"}};
  const std::vector<Comparison> rows = comparisons(study, contrasts, 0.95);
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].difference.n, 2) << "over both";
  EXPECT_EQ(rows[1].difference.n, 2) << "at 0";
  EXPECT_EQ(rows[2].difference.n, 3) << "at 0.5";
  EXPECT_EQ(rows[2].shared.pairs, 0);
}

TEST(RepeatedRuns, CountInPlaceOfTheFirstThatEnded) {
  const StudyPlan plan = plan_from("seeds = 1\nconditions = [\"e-ln\"]\n[grid]\nlambda = [0.1, 0.2, 0.3]\n");
  std::vector<StudyResult> results;
  for (const StudyRun& run : plan.runs) results.push_back({.run = run, .status = "missing"});
  results[2].status = "finished";
  results[2].test_accuracy = 0.75;
  mark_repeated(results, repeated_runs(plan));
  EXPECT_EQ(results[0].repeats, (RunNumber{2, 0}));
  EXPECT_EQ(results[1].repeats, (RunNumber{2, 0}));
  EXPECT_FALSE(results[2].repeats);
  EXPECT_EQ(results[1].message, "same as draw 2: lambda has no effect");
  EXPECT_TRUE(has_ended(results[0])) << "nothing is left to do";
}

// --- training them once, and finding them by their weights ---

class RepeatedRunsTest : public StudyTest {};

TEST_F(RepeatedRunsTest, AreTrainedOnce) {
  plan_of("conditions = [\"e-ln\", \"inorm\"]\nseeds = 2\n[grid]\nlambda = [0.01, 0.1]\n", "epochs = 1\nwidth = 10\n");
  const Outcome outcome = run_program(study("study"));
  ASSERT_EQ(outcome.code, 0) << outcome.text();
  EXPECT_EQ(runs("study").size(), 6U);
  const std::string text = joined(outcome.text());
  EXPECT_TRUE(names(text,
                    "2 of 8 runs repeat another run, which is trained and counted once: e-ln: draw 1 repeats draw 0 "
                    "(lambda has no effect)"));
  EXPECT_LT(text.find("runs repeat another"), text.find("6 runs")) << "said before anything runs";
  EXPECT_TRUE(names(joined(run_program(words("study table " + run("study").string())).out),
                    "counted once: 2 of 8 e-ln, draw 1: same as draw 0: lambda has no effect"));
  EXPECT_TRUE(names(run_program(words("study status " + run("study").string())).out, "repeats         2"));
  EXPECT_EQ(run_program(study("study")).code, 0) << "there is nothing left to do";
}

TEST_F(RepeatedRunsTest, AreFoundByEqualWeights) {
  // Without jitter, gain and contrast give the same images.
  plan_of("conditions = [\"e-ln\"]\nepsilons = [0, 0.5]\nseeds = 1\n[grid]\nluminosity = [\"gain\", \"contrast\"]\n",
          "epochs = 1\nwidth = 10\n");
  finish_study("study");
  EXPECT_EQ(runs("study").size(), 4U);
  const std::vector<StudyResult> results = study_results(read_study_plan(folder_ / "plan.toml"), run("study"));
  int repeated = 0;
  for (const StudyResult& result : results) {
    if (!result.repeats) continue;
    ++repeated;
    EXPECT_EQ(result.run.epsilon, 0);
    EXPECT_EQ(result.run.draw, 1);
    EXPECT_EQ(*result.repeats, (RunNumber{0, 0}));
    EXPECT_EQ(result.message, "the same weights as draw 0 seed 0");
  }
  EXPECT_EQ(repeated, 1);
  const std::string table = joined(run_program(words("study table " + run("study").string())).out);
  EXPECT_TRUE(names(table, "counted once: 1 of 4 e-ln, draw 1: the same weights as draw 0 seed 0"));
}

}  // namespace
}  // namespace chandelier

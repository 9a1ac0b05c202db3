// The tables of synthetic studies with known truth.

#include "report/study_table.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "report/claim_sentences.hpp"
#include "report/claims.hpp"
#include "sentence_of.hpp"
#include "statistics/comparison.hpp"
#include "synthetic_study.hpp"

namespace chandelier {
namespace {

const std::vector<double> around_72{72.4, 72.9, 71.8, 72.1, 72.6, 72.5, 72.3, 72.7, 72.0, 72.6};
const std::vector<double> also_around_72{72.5, 72.7, 72.1, 72.0, 72.9, 72.4, 72.2, 72.8, 72.2, 72.3};
const std::vector<double> again_around_72{72.3, 73.0, 71.9, 72.0, 72.7, 72.2, 72.4, 72.6, 72.1, 72.7};
const std::vector<double> around_77{77.4, 78.1, 76.2, 77.3, 77.2, 77.4, 77.0, 77.6, 77.1, 77.5};
const std::vector<double> also_around_77{77.5, 77.9, 76.5, 77.2, 77.5, 77.3, 77.1, 77.4, 77.3, 77.3};
const std::vector<double> again_around_77{77.3, 78.0, 76.3, 77.4, 77.3, 77.2, 77.2, 77.5, 77.0, 77.6};
const std::vector<double> around_82{82.4, 82.8, 81.5, 82.2, 82.1, 82.7, 82.3, 82.0, 82.5, 82.6};
const std::vector<double> also_around_82{82.3, 82.9, 81.4, 82.4, 82.2, 82.5, 82.4, 82.1, 82.3, 82.7};

Study study_of(const std::vector<double>& e_ln, const std::vector<double>& ei, const std::vector<double>& inorm,
               const std::vector<double>& inorm_full, double epsilon = 0.75) {
  Study study;
  add(study, "e-ln", e_ln, epsilon);
  add(study, "ei", ei, epsilon);
  add(study, "inorm", inorm, epsilon);
  add(study, "inorm-full", inorm_full, epsilon);
  return study;
}

Study reproducing() { return study_of(around_77, around_72, also_around_72, also_around_77); }

std::string with_all_tests(const Study& study, const std::vector<Contrast>& of_plan = {}) {
  return study_table(study, of_plan, {}, Shown::all_tests);
}

// --- the table ---

TEST(StudyTable, ExplainsLabelsAndTestsWhatThePlanDeclaresForEquivalence) {
  Contrast gain("(inorm-full - inorm)", "(e-ln - ei)");
  gain.first_sum = {{"inorm-full", 1}, {"inorm", -1}};
  gain.second_sum = {{"e-ln", 1}, {"ei", -1}};
  gain.label = "gain";
  const std::vector<Contrast> declared{gain, Contrast("inorm-full", "inorm")};
  for (const Shown shown : {Shown::primary_test, Shown::all_tests}) {
    const std::string table = study_table(reproducing(), declared, {}, shown);
    EXPECT_TRUE(row(table, "gain").starts_with("gain 10 -0.00 [")) << row(table, "gain");
    EXPECT_TRUE(names(joined(table), "gain: (inorm-full - inorm) - (e-ln - ei)."));
    const std::string margin = "Equivalence within a margin of 0.5 points";
    EXPECT_TRUE(row(table, "gain", margin).ends_with(" shown")) << row(table, "gain", margin);
    EXPECT_TRUE(row(table, "inorm-full - inorm", margin).ends_with("not shown"));
    expect_width(table);
  }
  EXPECT_EQ(study_table(reproducing(), {}, {}).find("Equivalence within"), std::string::npos)
      << "claims have equivalence tests of their own";
}

TEST(StudyTable, HasARowForEachConditionAndDifference) {
  const std::string table = with_all_tests(reproducing());
  EXPECT_TRUE(names(table, "Test accuracy after the last epoch (%), epsilon 0.75"));
  EXPECT_TRUE(row(table, "inorm-full").starts_with("inorm-full 10 77.30 77.33 [")) << row(table, "inorm-full");
  EXPECT_TRUE(row(table, "inorm-full").ends_with("] 77.30 0.36 76.50")) << row(table, "inorm-full");
  const std::vector<Contrast> contrasts{{"inorm-full", "inorm"}};
  const PairedDifference d = paired_difference(also_around_77, also_around_72, 1 - 0.05 / 4);
  EXPECT_EQ(row(table, "inorm-full - inorm"),
            fmt::format("inorm-full - inorm 10 {:+.2f} [{:+.2f}, {:+.2f}] 0.002 0.008 +1.00 10 of 10", d.mean, d.low,
                        d.high));
  const Comparison alone = comparisons(reproducing(), contrasts, 0.95).at(0);
  const Shift shift = comparisons(reproducing(), contrasts, 1 - 0.05 / 4).at(0).shift;
  EXPECT_EQ(row(table, "inorm-full - inorm", "p of U"),
            fmt::format("inorm-full - inorm 77.30 72.35 {:+.2f} [{:+.2f}, {:+.2f}] {:.3f} 100 <0.001 +1.00",
                        shift.estimate, shift.low, shift.high, alone.wilcoxon.p));
  EXPECT_TRUE(names(table, "n counts seeds, with one set of hyper-parameters"));
  EXPECT_TRUE(names(joined(table), "corrected over the 4 differences shown"));
  EXPECT_TRUE(names(joined(table), "As in the paper: U of the first condition, by an unpaired Mann-Whitney test"));
  EXPECT_EQ(table.find("left out"), std::string::npos) << "every run finished";
  EXPECT_EQ(table.find("pairs are incomplete"), std::string::npos);
  EXPECT_EQ(table.find("iverge"), std::string::npos) << "no run diverged";
  expect_width(table);
}

TEST(StudyTable, HasTheDifferencesThatThePlanDeclares) {
  const std::vector<Contrast> own{{"inorm-full", "ei"}, {"inorm-full", "inorm"}};
  const std::string table = with_all_tests(reproducing(), own);
  const Comparison alone = comparisons(reproducing(), own, 0.95).at(0);
  EXPECT_EQ(row(table, "inorm-full - ei"),
            fmt::format("inorm-full - ei 10 {:+.2f} [{:+.2f}, {:+.2f}] 0.002 0.004 +1.00 10 of 10",
                        alone.difference.mean, alone.difference.low, alone.difference.high))
      << "corrected over these two";
  EXPECT_TRUE(names(joined(table), "corrected over the 2 differences shown"));
  EXPECT_EQ(row(table, "inorm - ei"), "no row inorm - ei") << "they replace those of the claims";
}

TEST(StudyTable, NamesDrawsWithoutAnOutcomeAsRanges) {
  Study study;
  add_draws(study, "e-ln", around_77);
  add_draws(study, "inorm", around_72);
  for (const int draw : {1, 4, 5, 6, 7}) spoil(study, "inorm", 0, "missing", "", draw);
  EXPECT_TRUE(names(joined(with_all_tests(study)), "inorm, epsilon 0.75, draws 1, 4 to 7 seed 0: missing"));
}

TEST(StudyTable, NamesEveryRunThatDivergedOrHasNoOutcome) {
  Study study = reproducing();
  spoil(study, "inorm-full", 3, "diverged", "the loss is nan in epoch 2");
  spoil(study, "ei", 0, "missing", "");
  spoil(study, "ei", 5, "running", "");
  const std::string table = with_all_tests(study);
  EXPECT_TRUE(names(joined(table), "min diverged no outcome"));
  EXPECT_TRUE(row(table, "inorm-full").ends_with(" 10.00 1 0")) << row(table, "inorm-full");
  EXPECT_TRUE(row(table, "ei").ends_with(" 0 2")) << row(table, "ei");
  const std::string text = joined(table);
  EXPECT_TRUE(names(text, "Runs that diverged, counted at chance accuracy: 1 of 40"));
  EXPECT_TRUE(names(text, "inorm-full, epsilon 0.75, seed 3: diverged (the loss is nan in epoch 2)"));
  EXPECT_TRUE(names(text, "Runs without an outcome, left out of every number above: 2 of 40"));
  EXPECT_TRUE(names(text, "ei, epsilon 0.75, seed 0: missing"));
  EXPECT_TRUE(names(text, "ei, epsilon 0.75, seed 5: running"));
  EXPECT_TRUE(names(text, "Incomplete pairs, not counted: inorm - ei 2 of 10 (epsilon 0.75)."));
  EXPECT_TRUE(names(text, "Some pairs are incomplete. U and delta use every run with an outcome"));
  EXPECT_TRUE(row(table, "inorm-full - inorm").starts_with("inorm-full - inorm 10 ")) << "the diverged run counts";
  EXPECT_EQ(row(table, "inorm-full - inorm", "Divergence"), "inorm-full - inorm 1 of 10 0 of 10 1 0 1.000 1.000 0, 0");
  EXPECT_TRUE(row(table, "inorm-full - inorm", "without diverged runs").starts_with("inorm-full - inorm 9 "));
  EXPECT_EQ(row(table, "inorm - ei", "without diverged runs"), "no row inorm - ei") << "nothing diverged there";
  expect_width(table);
}

TEST(StudyTable, ShowsAFinishedRunWithoutAnAccuracy) {
  Study study = reproducing();
  study[0].test_accuracy.reset();
  EXPECT_TRUE(names(joined(study_table(study)), "e-ln, epsilon 0.75, seed 0: finished without a test accuracy"));
}

TEST(StudyTable, SurvivesAConditionThatNeverFinished) {
  Study study = reproducing();
  for (std::uint64_t seed = 0; seed < 10; ++seed) spoil(study, "ei", seed, "missing", "");
  const std::string table = study_table(study);
  EXPECT_EQ(row(table, "ei"), "ei 0 - - - - - - 10");
  EXPECT_EQ(row(table, "inorm - ei"), "inorm - ei 0 - - - - - 0 of 0");
  EXPECT_TRUE(names(joined(table), "ei, epsilon 0.75, all 10 runs: missing"));
}

TEST(StudyTable, SurvivesAStudyThatAllDiverged) {
  Study study = reproducing();
  for (StudyResult& result : study) spoil(study, result.run.condition, result.run.seed, "diverged", "");
  const std::string table = study_table(study);
  EXPECT_EQ(row(table, "ei"), "ei 10 10.00 10.00 - 10.00 0.00 10.00 10");
  EXPECT_EQ(row(table, "inorm - ei"), "inorm - ei 10 +0.00 - - - - 0 of 10");
  EXPECT_TRUE(names(claims_text(study), "undecided: Normalized errors recover layer normalization"));
  expect_width(table);
}

TEST(StudyTable, OfOneSeedHasNoInterval) {
  const std::string table = study_table(study_of({77}, {72}, {72.5}, {77.5}));
  EXPECT_EQ(row(table, "inorm"), "inorm 1 72.50 72.50 - 72.50 - 72.50");
  EXPECT_EQ(row(table, "inorm-full - inorm"), "inorm-full - inorm 1 +5.00 - 1.000 1.000 +1.00 1 of 1");
  EXPECT_TRUE(names(table, "-: not defined"));
  EXPECT_TRUE(names(joined(table), "the smallest possible p Holm is 1 at n = 1."));
}

TEST(StudyTable, OfSeveralDrawsSaysThatDrawsCount) {
  Study study;
  for (const int draw : {0, 1, 2}) {
    add(study, "inorm", {70.0 + draw, 72.0}, 0.75, draw);
    add(study, "inorm-full", {75.0 + draw, 76.0 + draw}, 0.75, draw);
  }
  spoil(study, "inorm", 1, "failed", "no room", 2);
  const std::string table = study_table(study);
  EXPECT_TRUE(names(table, "n counts draws of hyper-parameters"));
  EXPECT_TRUE(names(table, "inorm, epsilon 0.75, draw 2 seed 1: failed (no room)"));
  EXPECT_TRUE(names(row(table, "inorm-full - inorm"), "3 of 3"));
  expect_width(table);
}

TEST(StudyTable, OfSeveralEpsilonsHasThePrimaryQuestionOverAll) {
  Study study = reproducing();
  const Study other = study_of(around_77, around_72, also_around_72, around_82, 0.25);
  study.insert(study.end(), other.begin(), other.end());
  const std::string table = with_all_tests(study);
  const std::string over_all = "points), mean over epsilons 0.25, 0.75";
  EXPECT_NEAR(std::stod(row(table, "inorm-full - inorm", over_all).substr(21)), (4.89 + 9.88) / 2, 0.1) << table;
  EXPECT_TRUE(names(joined(table),
                    "two families: the 5 differences over all epsilons (the primary ones) and the 8 "
                    "differences at one epsilon"));
  expect_width(table);
}

TEST(StudyTable, TellsOfEachDataSetByItself) {
  Study study = reproducing();
  for (StudyResult& result : study) result.run.data = "cards";
  Study other = study_of(around_82, around_77, also_around_77, also_around_82);
  for (StudyResult& result : other) result.run.data = "clothes";
  study.insert(study.end(), other.begin(), other.end());
  const std::string table = study_table(study);
  EXPECT_TRUE(names(table, "Data set cards"));
  EXPECT_TRUE(names(row(table, "e-ln", "Data set cards"), "e-ln 10 77.35"));
  EXPECT_TRUE(names(row(table, "e-ln", "Data set clothes"), "e-ln 10 82.35"));
  EXPECT_TRUE(names(claims_text(study), "Data set clothes"));
  EXPECT_EQ(study_table(reproducing()).find("Data set"), std::string::npos);
}

TEST(StudyTable, TakesAnyConditions) {
  Study study;
  add(study, "inorm-lateral", around_72, 0.25);
  add(study, "ei-error-center", around_77, 0.0);
  const std::string table = with_all_tests(study);
  EXPECT_LT(table.find("epsilon 0\n"), table.find("epsilon 0.25\n")) << "epsilons ascend";
  EXPECT_EQ(table.find("Differences"), std::string::npos) << "no declared difference is in this study";
  EXPECT_TRUE(names(joined(table), "Declare differences in the plan, for example compare"));
  EXPECT_NE(row(table, "inorm-lateral").find("72.39"), std::string::npos);
  EXPECT_NO_THROW(study_table({}));
}

// --- the short table, and the full one ---

TEST(StudyTable, ShowsThePrimaryTestAndTheRestOnRequest) {
  Study study = reproducing();
  const Study other = study_of(around_77, around_72, also_around_72, around_82, 0.25);
  study.insert(study.end(), other.begin(), other.end());
  const std::string brief = study_table(study), all = study_table(study, {}, {}, Shown::all_tests);
  EXPECT_EQ(brief.find("p of U"), std::string::npos);
  EXPECT_TRUE(names(all, "p of U"));
  EXPECT_EQ(row(brief, "inorm-full"), "inorm-full 10 82.35 77.30") << "medians at both epsilons";
  const std::string over_all = "points), mean over epsilons 0.25, 0.75";
  EXPECT_EQ(row(brief, "inorm-full - inorm", over_all), row(all, "inorm-full - inorm", over_all));
  EXPECT_EQ(brief.find("points), epsilon 0.25"), std::string::npos);
  EXPECT_TRUE(names(all, "points), epsilon 0.25"));
  EXPECT_LE(std::ranges::count(brief, '\n'), 50) << brief;
  for (const JudgedClaim& claim : main_ones(judged_claims(study))) {
    EXPECT_TRUE(names(joined(brief), joined(sentence_of(claim))));
    EXPECT_TRUE(names(joined(all), joined(sentence_of(claim))));
  }
  expect_width(brief);
  expect_width(all);
}

TEST(StudyTable, SaysForWhichSeedsAnIntervalHolds) {
  const auto units = [](auto&& seeds_of) {
    Study study;
    for (int draw = 0; draw < 3; ++draw)
      for (const std::uint64_t seed : seeds_of(draw)) add(study, "inorm", {70}, 0.75, draw, seed);
    return joined(study_table(study));
  };
  using Seeds = std::vector<std::uint64_t>;
  EXPECT_TRUE(
      names(units([](int) { return Seeds{4}; }), "all with seed 4. They share the order of images, the jitter"));
  EXPECT_TRUE(names(units([](int) {
                      return Seeds{4, 5};
                    }),
                    "All draws share the same 2 seeds, so intervals hold only for these."));
  EXPECT_TRUE(
      names(units([](int draw) { return Seeds{static_cast<std::uint64_t>(draw)}; }), "each with its own seed."));
}

TEST(StudyTable, NamesRunsThatCollapsed) {
  Study study = reproducing();
  study[30].test_accuracy = 0.119;
  study[31].test_accuracy = 0.121;
  study[32].has_silent_layer = true;
  const std::string table = with_all_tests(study);
  EXPECT_TRUE(row(table, "inorm-full").ends_with(" 11.90 2")) << row(table, "inorm-full");
  EXPECT_TRUE(names(joined(table),
                    "Runs that collapsed (within 2 points of chance, or a silent layer), counted with "
                    "their accuracy: 2 of 40"));
  EXPECT_TRUE(names(joined(table), "seed 0: finished at 11.90 %"));
  EXPECT_TRUE(names(joined(table), "seed 2: finished with a silent hidden layer"));
  EXPECT_TRUE(names(joined(study_table(study)), "counted with their accuracy: 2 of 40 (--all-tests lists them)"));
  EXPECT_EQ(row(table, "inorm-full - inorm", "Divergence and collapse"),
            "inorm-full - inorm 0 of 10 0 of 10 0 0 - - 2, 0");
}

}  // namespace
}  // namespace chandelier

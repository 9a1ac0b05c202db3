// The table and the finding of synthetic studies whose truth is known.

#include "report/study_table.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "report/finding.hpp"
#include "report/plain_text.hpp"
#include "sentence_of.hpp"
#include "statistics/condition_difference.hpp"

namespace chandelier {
namespace {

using Study = std::vector<StudyResult>;

/// Test accuracies in % of one condition, a run each: seeds 0, 1, ... of one draw.
void add(Study& study, const std::string& condition, const std::vector<double>& percents, double epsilon = 0.75,
         int draw = 0, std::uint64_t first_seed = 0) {
  for (std::size_t i = 0; i < percents.size(); ++i) {
    StudyResult result;
    result.run.condition = condition;
    result.run.epsilon = epsilon;
    result.run.draw = draw;
    result.run.seed = first_seed + i;
    result.run.settings.epochs = 2;
    result.status = "finished";
    result.test_accuracy = percents[i] / 100;
    study.push_back(result);
  }
}

void spoil(Study& study, const std::string& condition, std::uint64_t seed, const std::string& status,
           const std::string& message, int draw = 0) {
  for (StudyResult& result : study)
    if (result.run.condition == condition && result.run.seed == seed && result.run.draw == draw) {
      result.status = status;
      result.message = message;
      result.test_accuracy.reset();
    }
}

const std::vector<double> around_72{72.4, 72.9, 71.8, 72.1, 72.6, 72.5};
const std::vector<double> also_around_72{72.5, 72.7, 72.1, 72.0, 72.9, 72.4};
const std::vector<double> again_around_72{72.3, 73.0, 71.9, 72.0, 72.7, 72.2};
const std::vector<double> around_77{77.4, 78.1, 76.2, 77.3, 77.2, 77.4};
const std::vector<double> also_around_77{77.5, 77.9, 76.5, 77.2, 77.5, 77.3};
const std::vector<double> again_around_77{77.3, 78.0, 76.3, 77.4, 77.3, 77.2};
const std::vector<double> around_82{82.4, 82.8, 81.5, 82.2, 82.1, 82.7};
const std::vector<double> also_around_82{82.3, 82.9, 81.4, 82.4, 82.2, 82.5};

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

/// A text without its line breaks, so that a sentence can be looked for.
std::string joined(const std::string& text) {
  std::istringstream words(text);
  std::string line, word;
  while (words >> word) line += (line.empty() ? "" : " ") + word;
  return line;
}

/// The line of a table that begins with a name.
std::string row(const std::string& text, const std::string& name) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);)
    if (line.starts_with("  " + name + "  ")) return joined(line);
  return "no row " + name;
}

void expect_width(const std::string& text) {
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), text_width) << line;
}

// --- differences ---

TEST(ConditionDifferences, AreTheDeclaredOnesThatTheStudyHas) {
  Study study = reproducing();
  add(study, "inorm-center", around_77);
  std::vector<std::string> named;
  for (const auto& d : condition_differences(study, 0.95))
    named.push_back(std::string(d.first) + " " + std::string(d.second));
  EXPECT_EQ(named, (std::vector<std::string>{"inorm ei", "inorm e-ln", "inorm-full inorm", "inorm-full e-ln"}));

  add(study, "ei-ln", around_77);
  EXPECT_EQ(condition_differences(study, 0.95).size(), 6u);
}

TEST(ConditionDifferences, AreAdjustedForEachOther) {
  const Study study = reproducing();
  const auto differences = condition_differences(study, 0.95);
  const PairedDifference alone = paired_difference(also_around_77, also_around_72, 1 - 0.05 / 4);
  const PairedDifference& found = differences[2].difference;
  EXPECT_NEAR(found.low, alone.low, 1e-9);
  EXPECT_NEAR(found.high, alone.high, 1e-9);
  EXPECT_NEAR(found.p, 4 * alone.p, 1e-12);
  EXPECT_EQ(differences[0].difference.p, 1.0) << "capped";

  Study two = study;
  const Study more = study_of(around_77, around_72, also_around_72, also_around_77, 0.25);
  two.insert(two.end(), more.begin(), more.end());
  EXPECT_NEAR(condition_differences(two, 0.95)[2].difference.p, 8 * alone.p, 1e-12) << "epsilons count as well";
}

TEST(ConditionDifferences, PairBySeedNotByPosition) {
  Study study;
  add(study, "inorm", {70, 60, 50, 40});
  add(study, "inorm-full", {71, 61.5, 51, 41.5});
  std::reverse(study.begin() + 4, study.end());
  const auto differences = condition_differences(study, 0.95);
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_NEAR(differences[0].difference.mean, 1.25, 1e-9);
  EXPECT_LT(differences[0].difference.sd, 0.5);
}

TEST(ConditionDifferences, CountOnlyPairsThatBothFinished) {
  Study study;
  add(study, "inorm", {70, 60, 50, 40});
  add(study, "inorm-full", {72, 61, 53, 44}, 0.75, 0, 1);  // seeds 1 to 4
  spoil(study, "inorm", 2, "diverged", "");
  const auto differences = condition_differences(study, 0.95);
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0].planned_pairs, 5);
  EXPECT_EQ(differences[0].pairs, 2);
  EXPECT_EQ(differences[0].difference.n, 2);
  EXPECT_NEAR(differences[0].difference.mean, ((72 - 60) + (53 - 40)) / 2.0, 1e-9);
}

TEST(ConditionDifferences, TakeDrawsAsTheUnitWhereThereAreSeveral) {
  Study study;
  add(study, "inorm", {70, 72}, 0.75, 0);
  add(study, "inorm-full", {73, 77}, 0.75, 0);  // +3 and +5
  add(study, "inorm", {50, 52, 90}, 0.75, 1);
  add(study, "inorm-full", {51, 54, 10}, 0.75, 1);  // +1 and +2; the third pair is lost
  spoil(study, "inorm", 2, "diverged", "", 1);
  add(study, "inorm", {60}, 0.75, 2);
  add(study, "inorm-full", {61}, 0.75, 2);  // +1
  ASSERT_EQ(unit_of(study), StudyUnit::draw);
  const auto differences = condition_differences(study, 0.95);
  ASSERT_EQ(differences.size(), 1u);
  EXPECT_EQ(differences[0].difference.n, 3);
  EXPECT_EQ(differences[0].pairs, 5);
  EXPECT_EQ(differences[0].planned_pairs, 6);
  EXPECT_NEAR(differences[0].difference.mean, (4 + 1.5 + 1) / 3, 1e-9);

  const auto accuracies = test_accuracies(study, "inorm", 0.75);
  ASSERT_EQ(accuracies.size(), 3u);
  EXPECT_NEAR(accuracies[0], 71, 1e-9);
  EXPECT_NEAR(accuracies[1], 51, 1e-9);
}

TEST(ConditionDifferences, RefuseTheSameRunTwice) {
  Study study = reproducing();
  study.push_back(study.back());
  EXPECT_TRUE(names(sentence_of<Bug>([&] { condition_differences(study, 0.95); }), "inorm-full"));
}

// --- the table ---

TEST(StudyTable, HasARowForEachConditionAndDifference) {
  const std::string table = study_table(reproducing());
  EXPECT_TRUE(names(table, "Test accuracy after the last epoch (%), epsilon 0.75"));
  EXPECT_EQ(row(table, "inorm-full"), "inorm-full 77.32 0.47 76.50 77.90 6");
  EXPECT_EQ(row(table, "ei"), "ei 72.38 0.39 71.80 72.90 6");
  const PairedDifference d = paired_difference(also_around_77, also_around_72, 1 - 0.05 / 4);
  EXPECT_EQ(row(table, "inorm-full - inorm"),
            fmt::format("inorm-full - inorm {:+.2f} {:.2f} [{:+.2f}, {:+.2f}] <0.001 {:+.2f} 6 of 6", d.mean, d.sd,
                        d.low, d.high, d.dz));
  EXPECT_TRUE(names(table, "n counts seeds at one setting of the hyper-parameters"));
  EXPECT_TRUE(names(joined(table), "Bonferroni over the 4 differences shown"));
  EXPECT_EQ(table.find("left out"), std::string::npos) << "every run finished";
  EXPECT_EQ(table.find("-:"), std::string::npos) << "everything is defined";
  expect_width(table);
}

TEST(StudyTable, NamesEveryRunThatDidNotFinish) {
  Study study = reproducing();
  spoil(study, "inorm-full", 3, "diverged", "the loss is nan in epoch 2");
  spoil(study, "ei", 0, "missing", "");
  spoil(study, "ei", 5, "missing", "");
  const std::string table = study_table(study);
  EXPECT_TRUE(names(row(table, "inorm-full"), " 5 1 diverged"));
  EXPECT_TRUE(names(row(table, "ei"), " 4 2 missing"));
  const std::string text = joined(table);
  EXPECT_TRUE(names(text, "inorm-full, epsilon 0.75, seed 3: diverged (the loss is nan in epoch 2)"));
  EXPECT_TRUE(names(text, "ei, epsilon 0.75, seeds 0, 5: missing"));
  EXPECT_TRUE(names(text,
                    "Pairs lost: inorm - ei 2 of 6 (epsilon 0.75); inorm-full - inorm 1 of 6 (epsilon 0.75); "
                    "inorm-full - e-ln 1 of 6 (epsilon 0.75)."));
  EXPECT_TRUE(names(row(table, "inorm-full - inorm"), "5 of 5"));
  expect_width(table);
}

TEST(StudyTable, ShowsAFinishedRunWithoutAnAccuracy) {
  Study study = reproducing();
  study[0].test_accuracy.reset();
  EXPECT_TRUE(names(joined(study_table(study)), "e-ln, epsilon 0.75, seed 0: finished without a test accuracy"));
}

TEST(StudyTable, SurvivesAConditionThatNeverFinished) {
  Study study = reproducing();
  for (std::uint64_t seed = 0; seed < 6; ++seed) spoil(study, "ei", seed, "missing", "");
  const std::string table = study_table(study);
  EXPECT_EQ(row(table, "ei"), "ei - - - - 0 6 missing");
  EXPECT_EQ(row(table, "inorm - ei"), "inorm - ei - - - - - 0 of 0");
  EXPECT_TRUE(names(joined(table), "ei, epsilon 0.75, all 6 runs: missing"));
}

TEST(StudyTable, OfOneSeedHasNoInterval) {
  const std::string table = study_table(study_of({77}, {72}, {72.5}, {77.5}));
  EXPECT_EQ(row(table, "inorm"), "inorm 72.50 - 72.50 72.50 1");
  EXPECT_EQ(row(table, "inorm-full - inorm"), "inorm-full - inorm +5.00 - - - - 1 of 1");
  EXPECT_TRUE(names(table, "-: not defined"));
}

TEST(StudyTable, OfSeveralDrawsSaysThatDrawsCount) {
  Study study;
  for (const int draw : {0, 1, 2}) {
    add(study, "inorm", {70.0 + draw, 72.0}, 0.75, draw);
    add(study, "inorm-full", {75.0 + draw, 76.0 + draw}, 0.75, draw);
  }
  spoil(study, "inorm", 1, "diverged", "", 2);
  const std::string table = study_table(study);
  EXPECT_TRUE(names(table, "n counts draws of the hyper-parameters"));
  EXPECT_TRUE(names(table, "inorm, epsilon 0.75, draw 2 seed 1: diverged"));
  EXPECT_TRUE(names(row(table, "inorm-full - inorm"), "3 of 3"));
  expect_width(table);
}

TEST(StudyTable, TakesAnyConditions) {
  Study study;
  add(study, "inorm-lateral", around_72, 0.25);
  add(study, "ei-error-center", around_77, 0.0);
  const std::string table = study_table(study);
  EXPECT_LT(table.find("epsilon 0\n"), table.find("epsilon 0.25\n")) << "epsilons ascend";
  EXPECT_EQ(table.find("Paired"), std::string::npos) << "no declared difference is in this study";
  EXPECT_NE(row(table, "inorm-lateral").find("72.38"), std::string::npos);
  EXPECT_NO_THROW(study_table({}));
}

// --- the finding ---

std::string finding_of(const Study& study) { return joined(finding(study)); }

TEST(Finding, IsReproduced) {
  const std::string text = finding_of(reproducing());
  EXPECT_TRUE(names(text, "Epsilon 0.75 (2 epochs, width 100;"));
  EXPECT_TRUE(names(text, "n counts seeds at one setting of the hyper-parameters"));
  EXPECT_TRUE(
      names(text, "Normalizing the error signals as well raised test accuracy (inorm-full - inorm: +4.88 points ["));
  EXPECT_TRUE(names(text, "], n = 6)"));
  EXPECT_TRUE(
      names(text, "Normalizing activity alone showed no benefit over no normalization (inorm - ei: +0.05 points ["));
  EXPECT_TRUE(names(text, "and stayed below layer normalization (inorm - e-ln: -4.83 points ["));
  EXPECT_TRUE(names(text, "no difference from layer normalization was shown (inorm-full - e-ln: "));
  EXPECT_TRUE(text.ends_with("The paper's finding is reproduced at this budget.")) << text;
  expect_width(finding(reproducing()));
}

TEST(Finding, IsReproducedWhenActivityAloneHarms) {
  const std::string text = finding_of(study_of(around_82, around_77, around_72, also_around_82));
  EXPECT_TRUE(names(text, "Normalizing activity alone lowered test accuracy below no normalization"));
  EXPECT_TRUE(names(text, "is reproduced at this budget."));
}

TEST(Finding, NeverClaimsEqualityNorToExceedLayerNormalizationAtAShortBudget) {
  const Study above = study_of(around_77, around_72, also_around_72, around_82);
  const std::string text = finding_of(above);
  EXPECT_TRUE(names(text, "does not establish that it exceeds layer normalization"));
  EXPECT_TRUE(names(text, "is reproduced at this budget."));

  Study long_training = above;
  for (StudyResult& result : long_training) result.run.settings.epochs = 50;
  EXPECT_EQ(finding_of(long_training).find("does not establish"), std::string::npos);
  for (const Study& study : {above, reproducing()})
    for (const char* word : {"equal", "same", "identical"}) EXPECT_EQ(finding_of(study).find(word), std::string::npos);
}

TEST(Finding, IsReproducedInPartWithoutRecovery) {
  const std::string text = finding_of(study_of(around_82, around_72, also_around_72, around_77));
  EXPECT_TRUE(names(text, "With both normalized, test accuracy stayed below layer normalization's"));
  EXPECT_TRUE(names(text, "is reproduced in part at this budget"));
}

TEST(Finding, IsNotReproducedWhenErrorNormalizationHarms) {
  const std::string text = finding_of(study_of(around_82, around_77, also_around_77, around_72));
  EXPECT_TRUE(names(text, "Normalizing the error signals as well lowered test accuracy (inorm-full - inorm: -"));
  EXPECT_TRUE(names(text, "is not reproduced at this budget: normalizing the error signals as well lowered"));
}

TEST(Finding, IsNotReproducedWhenActivityAloneHelps) {
  const std::string text = finding_of(study_of(around_82, around_72, around_77, also_around_82));
  EXPECT_TRUE(names(text, "Normalizing activity alone raised test accuracy over no normalization"));
  EXPECT_TRUE(names(text, "is not reproduced at this budget: normalizing activity alone raised"));
}

TEST(Finding, IsNotReproducedWhenActivityAloneExceedsLayerNormalization) {
  const std::string text = finding_of(study_of(around_72, around_77, also_around_77, around_82));
  EXPECT_TRUE(names(text, "and was above layer normalization (inorm - e-ln: +"));
  EXPECT_TRUE(
      names(text, "is not reproduced at this budget: normalizing activity alone was above layer normalization"));
}

TEST(Finding, IsUndecidedWithoutAnEffectOfErrorNormalization) {
  const std::string text = finding_of(study_of(around_77, again_around_72, around_72, also_around_72));
  EXPECT_TRUE(names(text, "No effect of normalizing the error signals as well was shown"));
  EXPECT_TRUE(names(text, "is undecided at this budget: no effect of normalizing the error signals was shown"));
}

TEST(Finding, IsUndecidedWhenActivityAloneMayDoAsWellAsLayerNormalization) {
  const std::string text = finding_of(study_of(around_77, again_around_77, also_around_77, around_82));
  EXPECT_TRUE(names(text, "and showed no difference from layer normalization (inorm - e-ln: "));
  EXPECT_TRUE(names(text, "is undecided at this budget: activity alone was not shown to stay below"));
}

// A failure to show a benefit is no evidence against one: too noisy a comparison with ei leaves the finding open.
TEST(Finding, IsUndecidedWhenActivityAloneMayHelpAsMuch) {
  const std::string text = finding_of(study_of(around_77, {76, 69, 78, 66, 75, 68}, also_around_72, also_around_77));
  EXPECT_TRUE(names(text, "showed no benefit over no normalization"));
  EXPECT_TRUE(names(text, "is undecided at this budget: the interval of inorm - ei allows a benefit as large as"));
}

TEST(Finding, OfOneSeedIsUndecided) {
  const std::string text = finding_of(study_of({77}, {72}, {72.5}, {77.5}));
  EXPECT_TRUE(names(text, "inorm-full - inorm: +5.00 points with no interval, n = 1"));
  EXPECT_TRUE(names(text,
                    "is undecided at this budget: no interval can be given for inorm-full - inorm, inorm - ei, "
                    "inorm - e-ln, inorm-full - e-ln."));
}

TEST(Finding, OfConditionsStuckAtChanceIsUndecided) {
  const std::vector<double> chance(6, 10.0);
  const std::string text = finding_of(study_of(chance, chance, chance, chance));
  EXPECT_TRUE(names(text, "inorm-full - inorm: +0.00 points at every pair, so no interval, n = 6"));
  EXPECT_TRUE(names(text, "is undecided"));
}

TEST(Finding, SaysWhichComparisonTheStudyLacks) {
  Study study;
  add(study, "e-ln", around_77);
  add(study, "inorm", around_72);
  add(study, "inorm-full", also_around_77);
  const std::string text = finding_of(study);
  EXPECT_TRUE(names(text, "Normalizing activity alone stayed below layer normalization (inorm - e-ln: "));
  EXPECT_TRUE(names(text, "is undecided at this budget: the study lacks ei."));
  EXPECT_TRUE(names(text, "Normalizing the error signals as well raised test accuracy"));
  EXPECT_EQ(text.find("no normalization"), std::string::npos) << "there is nothing to say about it";
}

TEST(Finding, SaysNothingAboutComparisonsThatTheStudyLacks) {
  Study study;
  add(study, "inorm", around_72);
  add(study, "inorm-full", around_77);
  const std::string text = finding_of(study);
  EXPECT_TRUE(names(text, "raised test accuracy (inorm-full - inorm: "));
  EXPECT_TRUE(text.ends_with("n = 6). The paper's finding is undecided at this budget: the study lacks ei and e-ln."))
      << text;
}

TEST(Finding, NamesSettingsThatAreNotAtTheirDefaults) {
  EXPECT_TRUE(finding_of(reproducing()).starts_with("Settings other than the defaults: none. Epsilon 0.75 "));
  Study study = reproducing();
  for (StudyResult& result : study) {
    Settings& settings = result.run.settings;
    settings.luminosity = "contrast";
    settings.error_part = "direction";
    settings.error_divide = false;
    settings.measure = {"none"};
    settings.condition = settings.circuit = settings.error_norm = result.run.condition;
    settings.seed = result.run.seed;
  }
  study.back().run.settings.lr = 0.25;
  const std::string line =
      "Settings other than the defaults: error_part direction, error_divide false, luminosity "
      "contrast, lr varied. Epsilon ";
  EXPECT_TRUE(finding_of(study).starts_with(line)) << finding_of(study);
  const Study again = study_of(around_77, around_72, around_77, also_around_77, 0.25);
  study.insert(study.end(), again.begin(), again.end());
  const std::string text = finding_of(study);
  EXPECT_EQ(text.find("Settings other"), text.rfind("Settings other")) << "once for all epsilons";
}

TEST(Finding, IsEmptyForStudiesOfOtherQuestions) {
  Study study;
  add(study, "e-ln", around_77);
  add(study, "inorm-center", around_72);
  EXPECT_EQ(finding(study), "");
  EXPECT_EQ(finding({}), "");
}

TEST(Finding, NamesThePairsThatItLeavesOut) {
  Study study = reproducing();
  spoil(study, "inorm-full", 3, "diverged", "the loss is nan in epoch 2");
  EXPECT_TRUE(names(finding_of(study),
                    "This leaves out runs that did not finish: 1 of 6 pairs of inorm-full - inorm, "
                    "1 of 6 pairs of inorm-full - e-ln."));
}

TEST(Finding, IsStatedForEachEpsilon) {
  Study study = reproducing();
  const Study other = study_of(around_77, around_72, around_77, also_around_77, 0.25);
  study.insert(study.end(), other.begin(), other.end());
  study.front().run.settings.width = {160};
  const std::string text = finding_of(study);
  const auto second = text.find("Epsilon 0.75 (2 epochs, widths 100 to 160;");
  EXPECT_LT(text.find("Epsilon 0.25 (2 epochs, width 100;"), second);
  ASSERT_NE(second, std::string::npos);
  EXPECT_LT(text.find("is not reproduced at this budget"), second);
  EXPECT_GT(text.find("is reproduced at this budget"), second);
}

}  // namespace
}  // namespace chandelier

// Comparisons of two conditions in synthetic studies with known truth.

#include "report/condition_comparison.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/random.hpp"
#include "sentence_of.hpp"
#include "synthetic_study.hpp"

namespace chandelier {
namespace {

/// Two conditions over 12 draws that share most of their variance; the second is lower by `points`.
Study study_of(double points, double noise, const std::vector<double>& epsilons = {0.75}) {
  Study study;
  KeyedRandom random(1, Purpose::shuffle, 14, 0);
  for (const double epsilon : epsilons) {
    std::vector<double> a, b;
    for (int draw = 0; draw < 12; ++draw) {
      const double shared = 80 + 4 * random.normal();
      a.push_back(shared + noise * random.normal());
      b.push_back(shared + noise * random.normal() - points);
    }
    add_draws(study, "inorm-full", a, epsilon);
    add_draws(study, "e-ln", b, epsilon);
  }
  return study;
}

std::string comparison_of(const Study& study, double margin = 0.005) {
  const std::string text = condition_comparison(study, "inorm-full", "e-ln", margin);
  expect_width(text);
  return text;
}

TEST(ConditionComparison, TellsADifference) {
  const std::string text = comparison_of(study_of(3, 0.3));
  EXPECT_TRUE(joined(text).starts_with("Epsilon 0.75: inorm-full is above e-ln (mean difference +")) << text;
  EXPECT_TRUE(names(joined(text), "n = 12, p < 0.001)."));
  EXPECT_EQ(joined(text).find("o difference"), std::string::npos);
  EXPECT_TRUE(names(joined(comparison_of(study_of(-3, 0.3))), "inorm-full is below e-ln"));
  EXPECT_TRUE(names(text, "n counts draws"));
}

TEST(ConditionComparison, SaysNoDifferenceOnlyWithinAMarginThatItNames) {
  const Study close = study_of(0, 0.3);
  const std::string text = joined(comparison_of(close));
  EXPECT_TRUE(names(text, "No difference of 0.50 points or more"));
  EXPECT_TRUE(names(text, "Equivalence within a margin of 0.50 points (two one-sided t tests)"));
  EXPECT_TRUE(names(joined(comparison_of(close, 0.0001)), "the data show neither a difference"));
  const std::string noisy = joined(comparison_of(study_of(0, 4)));
  EXPECT_TRUE(names(noisy, "the data show neither a difference"));
  EXPECT_TRUE(names(noisy, "nor equivalence within 0.50 points"));
  EXPECT_EQ(noisy.find("o difference of"), std::string::npos);
}

TEST(ConditionComparison, WarnsOfTooFewUnits) {
  const auto of = [](std::size_t count) {
    const std::vector<double> a{80.1, 76.2, 82, 79.4, 81.3, 77}, b{80.11, 76.22, 82.01, 79.42, 81.31, 77.02};
    Study study;
    add_draws(study, "inorm-full", {a.begin(), a.begin() + static_cast<std::ptrdiff_t>(count)});
    add_draws(study, "e-ln", {b.begin(), b.begin() + static_cast<std::ptrdiff_t>(count)});
    return joined(comparison_of(study));
  };
  EXPECT_TRUE(names(of(2), "No difference of 0.50 points or more"));
  EXPECT_TRUE(names(of(2), "Caution: with n = 2 the smallest possible p for a difference is 0.5, so conclude neither"));
  EXPECT_TRUE(names(of(2),
                    "With so few draws, the primary test cannot reach 0.05, whatever the data: the smallest "
                    "possible p Holm is 0.5 at n = 2."));
  EXPECT_TRUE(names(of(5), "Caution: with n = 5 the smallest possible p for a difference is 0.0625, so"));
  EXPECT_EQ(of(6).find("Caution"), std::string::npos);
  EXPECT_EQ(of(6).find("With so few"), std::string::npos);
}

TEST(ConditionComparison, WarnsOfTooFewUnitsForSeveralEpsilonsTogether) {
  Study study;
  for (const double epsilon : {0.25, 0.75}) {
    add_draws(study, "inorm-full", {80.1, 76.2, 82, 79.4, 81.3, 77}, epsilon);
    add_draws(study, "e-ln", {79.1, 75.3, 81, 78.3, 80.2, 76.1}, epsilon);
  }
  const std::string text = joined(comparison_of(study));
  EXPECT_EQ(text.find("Caution"), text.find("Caution: with n = 6 the smallest possible p for a difference is 0.0625"));
  EXPECT_LT(text.find("Epsilon 0.25: "), text.find("Caution")) << "but not for the mean over both";
  EXPECT_TRUE(names(text, "the smallest possible p Holm is 0.0625 at n = 6."));
}

TEST(ConditionComparison, NamesTheSettingsInWhichTheConditionsDiffer) {
  Study study = study_of(3, 0.3);
  for (StudyResult& result : study) result.run.settings.lr = 0.001 * (result.run.draw + 1);  // drawn, shared
  EXPECT_EQ(comparison_of(study).find("differs from"), std::string::npos);
  for (StudyResult& result : study) {
    Settings& settings = result.run.settings;
    settings.error_norm = result.run.condition;
    if (result.run.condition != "inorm-full") continue;
    settings.error_part = "direction";
    settings.momentum = 0.5;
  }
  const std::string text = joined(comparison_of(study));
  EXPECT_TRUE(text.starts_with("inorm-full differs from e-ln in: error_part direction, momentum 0.5. Epsilon")) << text;
  for (StudyResult& result : study)
    if (result.run.condition == "e-ln") result.run.settings.lr = 0.5;  // while the other condition draws it
  EXPECT_TRUE(names(joined(comparison_of(study)), "in: error_part direction, lr varied, momentum 0.5."));
}

TEST(ConditionComparison, TellsBothWhereADifferenceIsTooSmallToMatter) {
  const std::string text = joined(comparison_of(study_of(0.2, 0.03)));
  EXPECT_TRUE(names(text, "inorm-full is above e-ln"));
  EXPECT_TRUE(names(text, "There is no difference of 0.50 points or more"));
}

TEST(ConditionComparison, BeginsOverAllEpsilons) {
  const std::string text = comparison_of(study_of(3, 0.3, {0.25, 0.75}));
  EXPECT_TRUE(joined(text).starts_with("Mean over epsilons 0.25, 0.75: inorm-full is above e-ln")) << text;
  EXPECT_TRUE(names(joined(text), "Epsilon 0.25: inorm-full is above e-ln"));
  EXPECT_TRUE(row(text, "all").starts_with("all 12 +")) << text;
  EXPECT_TRUE(row(text, "0.75").starts_with("0.75 12 +")) << text;
}

TEST(ConditionComparison, IsOfConditionsThatTheStudyHas) {
  const Study study = study_of(0, 1);
  const auto sentence = [&](const char* first, const char* second) {
    return sentence_of<SettingError>([&] { condition_comparison(study, first, second, 0.005); });
  };
  EXPECT_TRUE(names(sentence("inorm-ful", "e-ln"), "no condition 'inorm-ful'; did you mean 'inorm-full'?"));
  EXPECT_TRUE(names(sentence("e-ln", "xyzzy"), "no condition 'xyzzy'; it has inorm-full, e-ln"));
  EXPECT_TRUE(names(sentence("e-ln", "e-ln"), "e-ln cannot be compared with itself"));
}

TEST(ConditionComparison, OfOneUnitOrOnlyDivergedRunsShowsNothing) {
  Study one;
  add(one, "inorm-full", {80});
  add(one, "e-ln", {70});
  EXPECT_TRUE(
      names(joined(comparison_of(one)), "the data show neither a difference (mean difference +10.00 points, n = 1"));

  Study diverged = study_of(3, 0.3);
  for (StudyResult& result : diverged) result.status = "diverged";
  const std::string text = joined(comparison_of(diverged));
  EXPECT_TRUE(names(text, "the data show neither a difference (mean difference +0.00 points, n = 12"));
  EXPECT_TRUE(names(text, "Runs that diverged, counted at chance accuracy: 24 of 24"));

  for (StudyResult& result : diverged) result.status = "missing";
  EXPECT_TRUE(names(joined(comparison_of(diverged)), "no pair of runs has an outcome yet, so there is no result"));

  Study apart;
  add(apart, "inorm-full", {80}, 0.25);
  add(apart, "e-ln", {70}, 0.75);
  EXPECT_TRUE(names(joined(comparison_of(apart)), "no pair of runs has an outcome"));
}

TEST(ConditionComparison, ListsTheRunsOfBothAlone) {
  Study study = study_of(3, 0.3);
  add_draws(study, "ei", {70, 71});
  spoil(study, "ei", 0, "missing", "", 1);
  spoil(study, "e-ln", 0, "failed", "no room", 2);
  const std::string text = joined(comparison_of(study));
  EXPECT_TRUE(
      names(text, "left out of every number above: 1 of 24 e-ln, epsilon 0.75, draw 2 seed 0: failed (no room)"));
  EXPECT_TRUE(names(text, "Incomplete pairs, not counted: inorm-full - e-ln 1 of 12 (epsilon 0.75)."));
  EXPECT_EQ(text.find("ei, epsilon"), std::string::npos);
}

}  // namespace
}  // namespace chandelier

// Comparisons of conditions in synthetic studies with known truth.

#include "statistics/comparison.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "base/random.hpp"
#include "sentence_of.hpp"
#include "statistics/sign_flip.hpp"
#include "statistics/sign_test.hpp"
#include "synthetic_study.hpp"

namespace chandelier {
namespace {

const std::vector<Contrast> errors{{"inorm-full", "inorm"}};

std::vector<Comparison> compare(const Study& study, Diverged diverged = Diverged::at_chance) {
  return comparisons(study, errors, 0.95, diverged);
}

Comparison the_only(const Study& study, Diverged diverged = Diverged::at_chance) {
  const auto rows = compare(study, diverged);
  EXPECT_EQ(rows.size(), 1u);
  return rows.at(0);
}

TEST(Comparison, PairsBySeedNotByPosition) {
  Study study;
  add(study, "inorm", {70, 60, 50, 40});
  add(study, "inorm-full", {71, 61.5, 51, 41.5});
  std::reverse(study.begin() + 4, study.end());
  const Comparison row = the_only(study);
  EXPECT_NEAR(row.difference.mean, 1.25, 1e-9);
  EXPECT_LT(row.difference.sd, 0.5);
  EXPECT_EQ(row.rank_biserial, 1.0);
  EXPECT_EQ(row.p, 2.0 / 16) << "exact sign flips";
}

TEST(Comparison, CountsPairsOfWhichBothHaveAnOutcome) {
  Study study;
  add(study, "inorm", {70, 60, 50, 40});
  add(study, "inorm-full", {72, 61, 53, 44}, 0.75, 0, 1);  // seeds 1 to 4
  spoil(study, "inorm", 2, "running", "");
  const Comparison row = the_only(study);
  EXPECT_EQ(row.planned_pairs, 5);
  EXPECT_EQ(row.pairs, 2);
  EXPECT_EQ(row.difference.n, 2);
  EXPECT_NEAR(row.difference.mean, ((72 - 60) + (53 - 40)) / 2.0, 1e-9);
  EXPECT_EQ(row.unpaired.U, 7.0) << "of all values, paired or not: 44 61 53 72 against 70 60 40";
}

TEST(Comparison, TakesDrawsAsTheUnitWhereThereAreSeveral) {
  Study study;
  add(study, "inorm", {70, 72}, 0.75, 0);
  add(study, "inorm-full", {73, 77}, 0.75, 0);  // +3 and +5
  add(study, "inorm", {50, 52, 90}, 0.75, 1);
  add(study, "inorm-full", {51, 54, 10}, 0.75, 1);  // +1 and +2; the third pair is lost
  spoil(study, "inorm", 2, "missing", "", 1);
  add(study, "inorm", {60}, 0.75, 2);
  add(study, "inorm-full", {61}, 0.75, 2);  // +1
  ASSERT_EQ(unit_of(study), StudyUnit::draw);
  const Comparison row = the_only(study);
  EXPECT_EQ(row.difference.n, 3);
  EXPECT_EQ(row.pairs, 5);
  EXPECT_EQ(row.planned_pairs, 6);
  EXPECT_NEAR(row.difference.mean, (4 + 1.5 + 1) / 3, 1e-9);

  const RunAccuracies runs = run_accuracies(study, "inorm", 0.75);
  EXPECT_EQ(runs.unit, (std::vector<int>{0, 0, 1, 1, 2}));
  EXPECT_EQ(unit_means(runs), (std::vector<double>{71, 51, 60}));
}

TEST(Comparison, CountsADivergedRunAsAGuessUnlessToldOtherwise) {
  Study study;
  add(study, "inorm", {70, 60, 50});
  add(study, "inorm-full", {72, 61, 53});
  for (StudyResult& result : study) result.run.settings.classes = 4;
  spoil(study, "inorm-full", 1, "diverged", "");
  const Comparison row = the_only(study);
  EXPECT_EQ(row.pairs, 3);
  EXPECT_NEAR(row.difference.mean, (2 + (25 - 60) + 3) / 3.0, 1e-9);
  EXPECT_EQ(row.divergence.first, 1);
  EXPECT_EQ(row.divergence.second, 0);
  const Comparison without = the_only(study, Diverged::left_out);
  EXPECT_EQ(without.pairs, 2);
  EXPECT_NEAR(without.difference.mean, 2.5, 1e-9);
  EXPECT_EQ(without.divergence.first, 0);
}

TEST(Comparison, TestsDivergenceByUnits) {
  Study study;
  for (int draw = 0; draw < 6; ++draw) {
    add(study, "inorm", {70, 71}, 0.75, draw);
    add(study, "inorm-full", {72, 73}, 0.75, draw);
  }
  for (int draw = 0; draw < 5; ++draw) spoil(study, "inorm", 0, "diverged", "", draw);
  spoil(study, "inorm", 1, "diverged", "", 0);       // still one unit
  spoil(study, "inorm-full", 0, "diverged", "", 4);  // as many as inorm there
  const Divergence of = the_only(study).divergence;
  EXPECT_EQ(of.first, 1);
  EXPECT_EQ(of.second, 6);
  EXPECT_EQ(of.more_first, 0);
  EXPECT_EQ(of.more_second, 4);
  EXPECT_EQ(of.p, sign_test(0, 4));
}

TEST(Comparison, AveragesEpsilonsWithinAUnit) {
  Study study;
  add(study, "inorm", {70, 60, 50}, 0);
  add(study, "inorm-full", {71, 62, 53}, 0);
  add(study, "inorm", {40, 40, 40}, 0.5);
  add(study, "inorm-full", {50, 40, 30}, 0.5);
  std::vector<Comparison> rows = compare(study);
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_FALSE(rows[0].epsilon);
  EXPECT_EQ(rows[1].epsilon, 0.0);
  EXPECT_EQ(rows[2].epsilon, 0.5);
  EXPECT_EQ(rows[0].difference.n, 3) << "units, not pairs";
  EXPECT_EQ(rows[0].pairs, 6);
  EXPECT_NEAR(rows[0].of_first[0], 60.5, 1e-9);
  const std::vector<double> d{5.5, 1, -3.5}, group(3, 0.0);
  EXPECT_NEAR(rows[0].difference.mean, 1, 1e-9);
  EXPECT_EQ(rows[0].p, sign_flip_test(d, group, 1, 0).p);

  study.back().status = "missing";  // a unit that lacks a pair at one epsilon does not count over all
  rows = compare(study);
  EXPECT_EQ(rows[0].difference.n, 2);
  EXPECT_EQ(rows[1].difference.n, 3);
}

// Two pairs of runs with the same difference in images are tied, whatever floating-point rounding does.
TEST(Comparison, SeesTiesThroughRounding) {
  Study study;
  add(study, "inorm", {77.3, 77.4, 72.9, 60.1});
  add(study, "inorm-full", {72.1, 72.2, 78.1, 65.3});  // -5.2, -5.2, +5.2, +5.2
  const Comparison row = the_only(study);
  EXPECT_EQ(row.rank_biserial, 0.0);
  EXPECT_EQ(row.wilcoxon.p, 1.0);
  EXPECT_EQ(row.shift.estimate, 0.0);
}

// Means of units that differ only in their last bit are equal.
TEST(Comparison, CountsNoRoundingAsPositive) {
  Study study;
  for (int draw = 0; draw < 2; ++draw) {
    add(study, "inorm", {70.1, 80.2, 60.3}, 0.75, draw);
    add(study, "inorm-full", {70.2, 70.2, 70.2}, 0.75, draw);
  }
  const Comparison row = the_only(study);
  EXPECT_EQ(row.difference.positive, 0);
  EXPECT_EQ(row.difference.mean, 0.0);
}

TEST(Comparison, AdjustsTwoFamilies) {
  Study study;
  KeyedRandom random(1, Purpose::shuffle, 12, 0);
  const std::vector<Contrast> two{{"inorm-full", "inorm"}, {"inorm", "ei"}};
  for (const double epsilon : {0.0, 0.5, 0.75})
    for (int draw = 0; draw < 12; ++draw)
      for (const char* condition : {"ei", "inorm", "inorm-full"})
        add(study, condition, {75 + random.normal() + (condition == std::string("inorm-full") ? 1.2 : 0)}, epsilon,
            draw);
  const auto rows = comparisons(study, two, 0.95);
  ASSERT_EQ(rows.size(), 8u);
  const auto level_of = [&](const Comparison& row, int m) {
    return paired_difference(row.of_first, row.of_second, 1 - 0.05 / m).low;
  };
  EXPECT_NEAR(rows[0].difference.low, level_of(rows[0], 2), 1e-9) << "over all epsilons: two contrasts";
  EXPECT_NEAR(rows[2].difference.low, level_of(rows[2], 6), 1e-9) << "at one: two contrasts, three epsilons";
  EXPECT_NEAR(std::min(rows[0].p_holm, rows[1].p_holm), 2 * std::min(rows[0].p, rows[1].p), 1e-12);
  double least = 1, least_adjusted = 1;
  for (std::size_t i = 2; i < 8; ++i) {
    least = std::min(least, rows[i].p);
    least_adjusted = std::min(least_adjusted, rows[i].p_holm);
  }
  EXPECT_NEAR(least_adjusted, std::min(1.0, 6 * least), 1e-12);
  EXPECT_GE(rows[2].shift.confidence, 1 - 0.05 / 6);
}

TEST(Comparison, IsUndefinedForOneUnitOrNone) {
  Study study;
  add(study, "inorm", {70});
  add(study, "inorm-full", {72});
  Comparison row = the_only(study);
  EXPECT_NEAR(row.difference.mean, 2, 1e-9);
  EXPECT_FALSE(row.difference.has_interval());
  EXPECT_FALSE(row.shift.has_interval());
  EXPECT_EQ(row.p, 1.0) << "one sign";
  spoil(study, "inorm", 0, "failed", "");
  row = the_only(study);
  EXPECT_EQ(row.difference.n, 0);
  EXPECT_TRUE(std::isnan(row.p));
  EXPECT_TRUE(std::isnan(row.p_holm));
  EXPECT_TRUE(compare(Study()).empty());
}

TEST(Comparison, OfRunsThatAllDivergedShowsNothing) {
  Study study;
  add(study, "inorm", {70, 60, 50});
  add(study, "inorm-full", {72, 61, 53});
  for (StudyResult& result : study) spoil(study, result.run.condition, result.run.seed, "diverged", "");
  const Comparison row = the_only(study);
  EXPECT_EQ(row.difference.mean, 0.0);
  EXPECT_FALSE(row.difference.has_interval());
  EXPECT_TRUE(std::isnan(row.p));
  EXPECT_TRUE(std::isnan(row.divergence.p)) << "no pair differs";
}

TEST(Comparison, RefusesTheSameRunTwice) {
  Study study;
  add(study, "inorm", {70});
  add(study, "inorm-full", {72});
  study.push_back(study.back());
  EXPECT_TRUE(names(sentence_of<Bug>([&] { compare(study); }), "inorm-full"));
}

TEST(Comparison, OfAnInteractionIsTheDifferenceOfDifferences) {
  Study study;
  add(study, "inorm", {70, 60, 50}, 0);
  add(study, "inorm-full", {71, 62, 53}, 0);
  add(study, "inorm", {40, 40, 40}, 0.5);
  add(study, "inorm-full", {50, 50, 50}, 0.5);
  add(study, "inorm", {30, 30, 30}, 0.75);
  add(study, "inorm-full", {50, 48, 46}, 0.75);
  const std::vector<Contrast> contrasts{{"inorm-full", "inorm", JitterStep{0, 0.75}}};
  std::vector<Comparison> rows = comparisons(study, contrasts, 0.95);
  ASSERT_EQ(rows.size(), 1U) << "it is not tested at one epsilon";
  EXPECT_EQ(name_of(rows[0]), "inorm-full - inorm, 0.75 - 0");
  EXPECT_EQ(rows[0].of_first, (std::vector<double>{20, 18, 16}));
  EXPECT_EQ(rows[0].of_second, (std::vector<double>{1, 2, 3}));
  EXPECT_EQ(rows[0].pairs, 6) << "those at the two epsilons";
  EXPECT_TRUE(std::isnan(rows[0].unpaired.U));
  study.back().status = "missing";
  rows = comparisons(study, contrasts, 0.95);
  EXPECT_EQ(rows[0].difference.n, 2);
  for (StudyResult& result : study)
    if (result.run.epsilon == 0) result.status = "missing";
  EXPECT_EQ(comparisons(study, contrasts, 0.95)[0].difference.n, 0);
}

/// Three conditions with these accuracies and one that lacks the last seed.
Study four_conditions() {
  Study study;
  add(study, "a", {70, 60, 50, 40}, 0.75);
  add(study, "b", {74, 62, 50, 44}, 0.75);
  add(study, "c", {60, 55, 51, 30}, 0.75);
  add(study, "d", {61, 50, 40}, 0.75);
  return study;
}

TEST(Comparison, OfMeansTakesThemRunByRun) {
  Contrast contrast("mean(a, b)", "mean(c, d)");
  contrast.first_sum = mean_of(std::vector<std::string>{"a", "b"});
  contrast.second_sum = mean_of(std::vector<std::string>{"c", "d"});
  contrast.label = "main effect";
  const std::vector<Comparison> rows = comparisons(four_conditions(), std::vector{contrast}, 0.95);
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(name_of(rows[0]), "main effect");
  EXPECT_EQ(rows[0].of_first, (std::vector<double>{72, 61, 50}));
  EXPECT_EQ(rows[0].of_second, (std::vector<double>{60.5, 52.5, 45.5}));
  EXPECT_EQ(rows[0].pairs, 3) << "d has no fourth seed";
  EXPECT_FALSE(std::isnan(rows[0].unpaired.U));
}

TEST(Comparison, OfDifferencesIsTheirDifference) {
  Contrast contrast("(a - b)", "(c - d)");
  contrast.first_sum = {{"a", 1}, {"b", -1}};
  contrast.second_sum = {{"c", 1}, {"d", -1}};
  const Study study = four_conditions();
  const std::vector<Comparison> rows = comparisons(study, std::vector{contrast, Contrast("a", "b")}, 0.95);
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(name_of(rows[0]), "(a - b) - (c - d)");
  EXPECT_EQ(rows[0].of_first, (std::vector<double>{-4, -2, 0}));
  EXPECT_EQ(rows[0].of_second, (std::vector<double>{-1, 5, 11}));
  EXPECT_EQ(rows[0].difference.n, 3);
  EXPECT_DOUBLE_EQ(rows[0].difference.mean, (-3 - 7 - 11) / 3.0);
  EXPECT_TRUE(std::isnan(rows[0].unpaired.U)) << "values of different runs cannot be pooled";
  EXPECT_EQ(rows[1].difference.n, 4);
  Study without_d = study;
  std::erase_if(without_d, [](const StudyResult& result) { return result.run.condition == "d"; });
  EXPECT_EQ(comparisons(without_d, std::vector{contrast}, 0.95).size(), 0U) << "one condition is in no run";
}

TEST(Comparison, KnowsTheLeastPThatItsUnitsAllow) {
  Study study;
  add(study, "inorm", {70, 60, 50});
  add(study, "inorm-full", {71, 62, 53});
  EXPECT_EQ(the_only(study).least_p_holm, 0.25);
  const std::vector<Contrast> two{{"inorm-full", "inorm"}, {"inorm", "inorm-full"}};
  EXPECT_EQ(comparisons(study, two, 0.95)[0].least_p_holm, 0.5);
}

TEST(Comparison, KnowsRunsThatCollapsed) {
  Study study;
  add(study, "inorm", {12.1, 12, 8, 7.9});
  add(study, "inorm-full", {70, 71, 72, 73});
  study.back().has_silent_layer = true;
  const Divergence of = the_only(study).divergence;
  EXPECT_EQ(of.collapsed_second, 2);
  EXPECT_EQ(of.collapsed_first, 1);
  EXPECT_EQ(of.second, 0);
}

// Without a true difference, with draws that share most of their variance, epsilons of a draw that share their
// difference, collapsed and diverged runs and ties: the family-wise error of both families is as low as promised, and a
// single contrast is rejected about as often as its level says.
TEST(Comparison, RejectsAsRarelyAsItSays) {
  constexpr int studies = 400;
  const std::vector<Contrast> contrasts{{"a", "b"}, {"c", "b"}, {"a", "c"}};
  int alone = 0, over_all = 0, at_each = 0, excluded = 0;
  for (std::uint32_t number = 0; number < studies; ++number) {
    KeyedRandom random(1, Purpose::shuffle, 13, number);
    Study study;
    for (int draw = 0; draw < 10; ++draw) {
      const double of_draw = 5 * random.normal();
      for (const char* condition : {"a", "b", "c"}) {
        const double of_condition = random.normal();  // shared by the epsilons of this draw
        for (const double epsilon : {0.0, 0.25, 0.5}) {
          const double percent = std::round(10 * (75 + of_draw + of_condition + 0.5 * random.normal())) / 10;
          add(study, condition, {random.uniform() < 0.03 ? 10.0 : percent}, epsilon, draw);
          if (random.uniform() < 0.03) study.back().status = "diverged";
        }
      }
    }
    const auto rows = comparisons(study, contrasts, 0.95);
    alone += rows[0].p <= 0.05;
    const auto any = [&](std::size_t begin, std::size_t end, auto&& is) {
      return std::any_of(rows.begin() + static_cast<std::ptrdiff_t>(begin),
                         rows.begin() + static_cast<std::ptrdiff_t>(end), is);
    };
    const auto rejected = [](const Comparison& row) { return row.p_holm <= 0.05; };
    over_all += any(0, 3, rejected);
    at_each += any(3, rows.size(), rejected);
    excluded +=
        any(0, 3, [](const Comparison& row) { return row.difference.above_zero() || row.difference.below_zero(); });
  }
  const double error = std::sqrt(0.05 * 0.95 / studies);
  EXPECT_NEAR(alone / double{studies}, 0.05, 4 * error);
  EXPECT_LE(over_all / double{studies}, 0.05 + 4 * error);
  EXPECT_LE(at_each / double{studies}, 0.05 + 4 * error);
  EXPECT_LE(excluded / double{studies}, 0.05 + 4 * error);
}

}  // namespace
}  // namespace chandelier

// The claims of the paper in synthetic studies whose truth is known.

#include "report/claims.hpp"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "report/study_table.hpp"
#include "synthetic_study.hpp"

namespace chandelier {
namespace {

constexpr int kUnits = 12;

/// Accuracies of one condition: what the units share, an effect of the condition, and noise of its own.
std::vector<double> accuracies(double effect, double noise, unsigned seed, int units = kUnits) {
  std::mt19937 shared(7), own(seed);
  std::normal_distribution<double> of_unit(75, 3), of_run(0, 1);  // each keeps every other value for later
  std::vector<double> values;
  for (int i = 0; i < units; ++i) values.push_back(of_unit(shared) + effect + noise * of_run(own));
  return values;
}

/// Effects on e-ln, ei, inorm, inorm-full, inorm-center.
struct Truth {
  double e_ln = 5, ei = 0, inorm = 0, full = 5, center = 4;
};

Study study_of(const Truth& truth, double noise = 0.05, int units = kUnits) {
  Study study;
  add(study, "e-ln", accuracies(truth.e_ln, noise, 1, units));
  add(study, "ei", accuracies(truth.ei, noise, 2, units));
  add(study, "inorm", accuracies(truth.inorm, noise, 3, units));
  add(study, "inorm-full", accuracies(truth.full, noise, 4, units));
  add(study, "inorm-center", accuracies(truth.center, noise, 5, units));
  return study;
}

Verdict verdict(const Study& study, std::string_view id) {
  for (const JudgedClaim& claim : judged_claims(study))
    if (claim.claim->id == id) return claim.verdict;
  ADD_FAILURE() << "the claim " << id << " was not tested";
  return Verdict::undecided;
}

TEST(Claims, HoldWhereTheyAreTrue) {
  const Study study = study_of({});
  for (const char* id : {"activity-alone", "errors-help", "recovers-layer-norm", "centring-does-most"})
    EXPECT_EQ(verdict(study, id), Verdict::holds) << id;
}

TEST(Claims, DoNotHoldWhereTheOppositeIsTrue) {
  EXPECT_EQ(verdict(study_of({.ei = 4}), "activity-alone"), Verdict::holds) << "inorm below both";
  EXPECT_EQ(verdict(study_of({.ei = -4}), "activity-alone"), Verdict::does_not_hold) << "inorm above ei";
  EXPECT_EQ(verdict(study_of({.e_ln = -4}), "activity-alone"), Verdict::does_not_hold) << "inorm above e-ln";
  EXPECT_EQ(verdict(study_of({.full = -2}), "errors-help"), Verdict::does_not_hold);
  EXPECT_EQ(verdict(study_of({.full = 3}), "recovers-layer-norm"), Verdict::does_not_hold) << "two points below";
  EXPECT_EQ(verdict(study_of({.full = 7}), "recovers-layer-norm"), Verdict::does_not_hold) << "two points above";
  EXPECT_EQ(verdict(study_of({.center = 1}), "centring-does-most"), Verdict::does_not_hold) << "a fifth of the gain";
}

TEST(Claims, AreUndecidedWhereTheStudyCannotTell) {
  const Study noisy = study_of({.e_ln = 0, .full = 0, .center = 0}, 4);
  for (const char* id : {"activity-alone", "errors-help", "recovers-layer-norm", "centring-does-most"})
    EXPECT_EQ(verdict(noisy, id), Verdict::undecided) << id;
  for (const int units : {1, 2, 4})  // however large the effect
    EXPECT_EQ(verdict(study_of({}, 0.05, units), "errors-help"), Verdict::undecided) << units;
  EXPECT_EQ(verdict(study_of({}, 0), "recovers-layer-norm"), Verdict::undecided) << "all differences are equal";
  Study unfinished = study_of({});
  for (StudyResult& result : unfinished) spoil(unfinished, result.run.condition, result.run.seed, "running", "");
  for (const JudgedClaim& claim : judged_claims(unfinished)) EXPECT_EQ(claim.verdict, Verdict::undecided);
}

TEST(Claims, WithinTheMarginHoldAlsoWhereADifferenceIsShown) {
  const Study study = study_of({.full = 5.2});
  for (const JudgedClaim& claim : judged_claims(study))
    if (claim.claim->id == "recovers-layer-norm") {
      EXPECT_LT(claim.differences.front().found.p_holm, 0.05);
      EXPECT_EQ(claim.verdict, Verdict::holds);
    }
  EXPECT_EQ(verdict(study_of({.full = 5.5}, 0.4), "recovers-layer-norm"), Verdict::undecided) << "about the margin";
}

TEST(Claims, AreWrongAsRarelyAsTheyMayBe) {
  int shown = 0, equal = 0, gains = 0;
  constexpr int kStudies = 400;
  for (unsigned i = 0; i < kStudies; ++i) {
    // On the edge: no effect of errors, full at the margin below e-ln, inorm at the margin above ei.
    Study study;
    add(study, "ei", accuracies(-kMargin, 1, 10 * i + 1));
    add(study, "e-ln", accuracies(kMargin, 1, 10 * i + 2));
    add(study, "inorm", accuracies(0, 1, 10 * i + 3));
    add(study, "inorm-full", accuracies(0, 1, 10 * i + 4));
    for (const JudgedClaim& claim : judged_claims(study)) {
      const bool holds = claim.verdict == Verdict::holds;
      if (claim.claim->id == "errors-help") shown += holds;
      if (claim.claim->id == "recovers-layer-norm") equal += holds;
      if (claim.claim->id == "activity-alone") gains += claim.differences.front().verdict == Verdict::holds;
    }
  }
  EXPECT_LE(shown, kStudies * 0.05);
  EXPECT_LE(equal, kStudies * 0.08) << "at most 5 %, and chance";
  EXPECT_LE(gains, kStudies * 0.08);
  EXPECT_GE(gains, kStudies * 0.02) << "the rule has power";
}

TEST(Claims, AreThoseOfWhichTheStudyHasAllConditions) {
  Study study;
  add(study, "ei-ln", accuracies(1, 1, 1));
  EXPECT_TRUE(judged_claims(study).empty());
  add(study, "ei", accuracies(0, 1, 2));
  const auto claims = judged_claims(study);
  ASSERT_EQ(claims.size(), 1U);
  EXPECT_EQ(claims.front().claim->id, "layer-norm-helps");
  EXPECT_TRUE(judged_claims(Study()).empty());
}

TEST(Claims, AreToldOverAllEpsilonsFirst) {
  Study study;
  for (const double epsilon : {0.0, 0.75}) {
    add(study, "inorm", accuracies(0, 0.1, 1), epsilon);
    add(study, "inorm-full", accuracies(epsilon == 0 ? 3 : -1, 0.1, 2), epsilon);
  }
  const auto claims = judged_claims(study);
  ASSERT_EQ(claims.size(), 3U);
  EXPECT_FALSE(claims[0].epsilon);
  EXPECT_EQ(claims[1].epsilon, 0.0);
  EXPECT_EQ(claims[1].verdict, Verdict::holds);
  EXPECT_EQ(claims[2].epsilon, 0.75);
  EXPECT_EQ(claims[2].verdict, Verdict::does_not_hold);
}

TEST(Claims, HaveTheNumbersOfTheStudyTable) {
  const Study study = study_of({}, 1);
  const std::string table = study_table(study);
  int compared = 0;
  for (const JudgedClaim& claim : judged_claims(study))
    for (const JudgedDifference& one : claim.differences) {
      if (one.what.second == kHalfWay) continue;
      const std::string line = row(table, std::string(one.what.first) + " - " + std::string(one.what.second));
      const std::string text = text_of(one, StudyUnit::seed);
      const std::string mean = text.substr(text.find(": ") + 2, text.find(" points") - text.find(": ") - 2);
      EXPECT_NE(line.find(" 12 " + mean + " "), std::string::npos) << line << "\n" << text;
      if (one.what.claimed == Claimed::above || one.what.claimed == Claimed::below) {
        const std::string interval = text.substr(text.find('['), text.find(']') - text.find('[') + 1);
        EXPECT_NE(line.find(interval), std::string::npos) << line << "\n" << text;
      }
      ++compared;
    }
  EXPECT_EQ(compared, 4);
}

}  // namespace
}  // namespace chandelier

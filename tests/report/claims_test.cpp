// Claims in synthetic studies with known truth, and how often their verdicts are wrong.

#include "report/claims.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <map>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "report/claim_sentences.hpp"
#include "sentence_of.hpp"
#include "synthetic_study.hpp"

namespace chandelier {
namespace {

constexpr int kUnits = 12;

/// Accuracies of one condition: a part shared by all conditions, the effect of this one, and its own noise.
std::vector<double> accuracies(double effect, double noise, std::uint32_t key, int units = kUnits) {
  std::vector<double> values;
  for (int i = 0; i < units; ++i) {
    KeyedRandom shared(7, Purpose::shuffle, 0, static_cast<std::uint32_t>(i));
    KeyedRandom own(8, Purpose::shuffle, key, static_cast<std::uint32_t>(i));
    values.push_back(75 + 3 * shared.normal() + effect + noise * own.normal());
  }
  return values;
}

/// True effects of some conditions.
struct Truth {
  double e_ln = 5, ei = 0, inorm = 0, full = 5, center = 4, scale = -2;
};

Study study_of(const Truth& truth, double noise = 0.05, int units = kUnits, std::uint32_t key = 0) {
  Study study;
  add(study, "e-ln", accuracies(truth.e_ln, noise, key + 1, units));
  add(study, "ei", accuracies(truth.ei, noise, key + 2, units));
  add(study, "inorm", accuracies(truth.inorm, noise, key + 3, units));
  add(study, "inorm-full", accuracies(truth.full, noise, key + 4, units));
  add(study, "inorm-center", accuracies(truth.center, noise, key + 5, units));
  add(study, "inorm-scale", accuracies(truth.scale, noise, key + 6, units));
  return study;
}

Verdict verdict(const Study& study, std::string_view id) {
  for (const JudgedClaim& claim : judged_claims(study))
    if (claim.claim->id == id) return claim.verdict;
  ADD_FAILURE() << "the claim " << id << " was not tested";
  return Verdict::undecided;
}

constexpr std::array<std::string_view, 7> kTested{
    "activity-alone-no-gain", "activity-alone-falls-short", "errors-help", "recovers-layer-norm", "centring-does-most",
    "scaling-hurts",          "scaling-falls-short"};

// --- the rule, case by case ---

TEST(Verdict, FollowsTheRule) {
  using enum Verdict;
  const double there = 0.01, not_there = 0.3;
  struct Case {
    double mean, low, high, p;
    Verdict above, below, equal, no_gain;
  };
  for (const Case& one :
       {Case{2, 1, 3, there, shown, refuted, refuted, refuted}, Case{-2, -3, -1, there, refuted, shown, refuted, shown},
        Case{0.2, 0.1, 0.3, there, negligible, negligible, shown, shown},
        Case{-0.2, -0.3, -0.1, there, negligible, negligible, shown, shown},
        Case{0.6, 0.4, 0.8, there, shown, refuted, undecided, refuted},
        Case{-0.6, -0.8, -0.4, there, refuted, shown, undecided, shown},
        Case{0.1, -0.3, 0.4, not_there, no_difference, no_difference, shown, shown},
        Case{0.1, -0.6, 0.8, not_there, undecided, undecided, undecided, undecided},
        Case{-0.2, -0.8, 0.3, not_there, undecided, undecided, undecided, shown},
        Case{2, 0.9, 3, not_there, undecided, undecided, refuted, refuted},
        Case{5, NAN, NAN, there, shown, refuted, undecided, refuted},
        Case{0.2, NAN, NAN, there, negligible, negligible, undecided, undecided},
        Case{0, NAN, NAN, NAN, undecided, undecided, undecided, undecided}}) {
    const Evidence evidence{12, one.mean, one.low, one.high, one.p, 0.001};
    EXPECT_EQ(verdict_of(Claimed::above, evidence), one.above) << one.mean << " " << one.low << " " << one.high;
    EXPECT_EQ(verdict_of(Claimed::below, evidence), one.below) << one.mean << " " << one.low << " " << one.high;
    EXPECT_EQ(verdict_of(Claimed::equal, evidence), one.equal) << one.mean << " " << one.low << " " << one.high;
    EXPECT_EQ(verdict_of(Claimed::no_gain, evidence), one.no_gain) << one.mean << " " << one.low << " " << one.high;
  }
}

TEST(Verdict, NeedsEnoughUnits) {
  const Evidence few{5, 3, 2.9, 3.1, 0.01, 0.0625}, many{6, 3, 2.9, 3.1, 0.04, 0.03125};
  for (const Claimed claimed : {Claimed::above, Claimed::below, Claimed::equal, Claimed::no_gain}) {
    EXPECT_EQ(verdict_of(claimed, few), Verdict::untestable);
    EXPECT_NE(verdict_of(claimed, many), Verdict::untestable);
  }
  // In a family of four, six units cannot reach .05 either; equality is tested by itself.
  const Evidence in_family{6, 0.1, 0, 0.2, 1, 0.125};
  EXPECT_EQ(verdict_of(Claimed::above, in_family), Verdict::untestable);
  EXPECT_EQ(verdict_of(Claimed::equal, in_family), Verdict::shown);
  EXPECT_EQ(verdict_of(Claimed::equal, {0, NAN, NAN, NAN, NAN, NAN}), Verdict::untestable);
}

// --- in studies ---

TEST(Claims, AreShownWhereTheyAreTrue) {
  const Study study = study_of({});
  for (const std::string_view id : kTested) EXPECT_EQ(verdict(study, id), Verdict::shown) << id;
}

TEST(Claims, AreRefutedWhereTheOppositeIsTrue) {
  EXPECT_EQ(verdict(study_of({.ei = 4}), "activity-alone-no-gain"), Verdict::shown) << "inorm below ei";
  EXPECT_EQ(verdict(study_of({.ei = -4}), "activity-alone-no-gain"), Verdict::refuted);
  EXPECT_EQ(verdict(study_of({.e_ln = -4}), "activity-alone-falls-short"), Verdict::refuted);
  EXPECT_EQ(verdict(study_of({.full = -2}), "errors-help"), Verdict::refuted);
  EXPECT_EQ(verdict(study_of({.full = 3}), "recovers-layer-norm"), Verdict::refuted) << "two points below";
  EXPECT_EQ(verdict(study_of({.full = 7}), "recovers-layer-norm"), Verdict::refuted) << "two points above";
  EXPECT_EQ(verdict(study_of({.center = 1}), "centring-does-most"), Verdict::refuted) << "a fifth of the gain";
  EXPECT_EQ(verdict(study_of({.scale = 2}), "scaling-hurts"), Verdict::refuted) << "above inorm";
  EXPECT_EQ(verdict(study_of({.scale = 2}), "scaling-falls-short"), Verdict::shown) << "still below e-ln";
}

TEST(Claims, KnowDifferencesThatAreRealButNegligible) {
  EXPECT_EQ(verdict(study_of({.full = 0.2}), "errors-help"), Verdict::negligible);
  EXPECT_EQ(verdict(study_of({.full = -0.2}), "errors-help"), Verdict::negligible);
  EXPECT_EQ(verdict(study_of({.full = 0}), "errors-help"), Verdict::no_difference);
  EXPECT_EQ(verdict(study_of({.full = 5.2}), "recovers-layer-norm"), Verdict::shown) << "equal within the margin";
  EXPECT_EQ(verdict(study_of({.full = 5.5}, 0.4), "recovers-layer-norm"), Verdict::undecided) << "near the margin";
}

TEST(Claims, AreUndecidedOrUntestableWhereTheStudyCannotTell) {
  const Study noisy = study_of({.e_ln = 0, .full = 0, .center = 0, .scale = 0}, 4);
  for (const std::string_view id : kTested) EXPECT_EQ(verdict(noisy, id), Verdict::undecided) << id;
  for (const int units : {1, 2, 4, 5})  // however large the effect
    for (const std::string_view id : kTested)
      EXPECT_EQ(verdict(study_of({}, 0.05, units), id), Verdict::untestable) << units << id;
  EXPECT_EQ(verdict(study_of({}, 0), "recovers-layer-norm"), Verdict::undecided) << "all differences are equal";
  Study unfinished = study_of({});
  for (StudyResult& result : unfinished) spoil(unfinished, result.run.condition, result.run.seed, "running", "");
  for (const JudgedClaim& claim : judged_claims(unfinished)) EXPECT_EQ(claim.verdict, Verdict::untestable);
}

TEST(Claims, AreThoseOfWhichTheStudyHasAllConditions) {
  Study study;
  add(study, "ei-ln", accuracies(1, 1, 1));
  EXPECT_TRUE(judged_claims(study).empty());
  EXPECT_EQ(claims_without_test(study).size(), all_claims().size());
  add(study, "ei", accuracies(0, 1, 2));
  const auto claims = judged_claims(study);
  ASSERT_EQ(claims.size(), 1U);
  EXPECT_EQ(claims.front().claim->id, "layer-norm-helps");
  EXPECT_TRUE(judged_claims(Study()).empty());
  EXPECT_EQ(claims_text(Study()), "");
}

TEST(Claims, DeclareTheirDifferences) {
  const auto declared = [](const Study& study) {
    std::string text;
    for (const Contrast& one : declared_contrasts(study))
      text += one.first + " - " + one.second + (one.between ? " over jitter" : "") + "; ";
    return text;
  };
  Study study;
  for (const char* condition : {"e-ln", "inorm", "inorm-full", "inorm-center"}) add(study, condition, {77});
  EXPECT_EQ(declared(study),
            "inorm - e-ln; inorm-full - inorm; inorm-full - e-ln; inorm-center - half-way; inorm-center - e-ln; ");
  for (const char* condition : {"ei", "ei-ln", "inorm-scale", "inorm-decorrelate", "inorm-lateral"})
    add(study, condition, {77});
  EXPECT_EQ(declared_contrasts(study).size(), all_claims().size() - 1) << "the interaction needs two epsilons";
  for (const char* condition : {"inorm", "inorm-full"}) add(study, condition, {77}, 0);
  EXPECT_TRUE(names(declared(study), "inorm-full - inorm over jitter; "));
  EXPECT_TRUE(declared_contrasts(Study()).empty());
  const std::vector<Contrast> own{{"a", "b"}};
  EXPECT_EQ(declared_contrasts(study, own).size(), 1U);
}

TEST(Claims, AreToldOverAllEpsilonsFirst) {
  Study study;
  for (const double epsilon : {0.0, 0.75}) {
    add(study, "inorm", accuracies(0, 0.1, 1), epsilon);
    add(study, "inorm-full", accuracies(epsilon == 0 ? 3 : -1, 0.1, 2), epsilon);
  }
  const auto claims = judged_claims(study);
  ASSERT_EQ(claims.size(), 4U);
  EXPECT_FALSE(claims[0].epsilon);
  EXPECT_EQ(claims[1].epsilon, 0.0);
  EXPECT_EQ(claims[1].verdict, Verdict::shown);
  EXPECT_EQ(claims[2].epsilon, 0.75);
  EXPECT_EQ(claims[2].verdict, Verdict::refuted);
  EXPECT_EQ(claims[3].claim->id, "errors-help-more-under-jitter");
  EXPECT_EQ(claims[3].verdict, Verdict::refuted) << "the benefit shrinks";
  EXPECT_NEAR(claims[3].found.difference.mean, -4, 0.1);
  EXPECT_TRUE(names(numbers_of(claims[3]), "inorm-full - inorm, 0.75 - 0: -4."));
  EXPECT_EQ(main_ones(claims).size(), 2U);
}

TEST(Claims, TakeHalfWayAtEachRun) {
  Study study;
  add(study, "inorm", {70, 60, 50});
  add(study, "inorm-full", {80, 62, 54});
  add(study, "inorm-center", {76, 63, 52});
  for (const JudgedClaim& claim : judged_claims(study))
    if (claim.claim->id == "centring-does-most") {
      EXPECT_EQ(claim.found.of_second, (std::vector<double>{75, 61, 52}));
      EXPECT_NEAR(claim.found.difference.mean, 1, 1e-9);
    }
  spoil(study, "inorm", 1, "failed", "");
  for (const JudgedClaim& claim : judged_claims(study))
    if (claim.claim->id == "centring-does-most") {
      EXPECT_EQ(claim.found.difference.n, 2);
    }
}

TEST(Claims, SayWhoseTheyAreAndWhatFailed) {
  Study study = study_of({});
  spoil(study, "inorm-scale", 3, "diverged", "");
  for (StudyResult& result : study)
    if (result.run.condition == "inorm-scale" && result.run.seed == 4) result.test_accuracy = 0.115;
  for (const JudgedClaim& claim : judged_claims(study)) {
    const std::string sentence = sentence_of(claim);
    EXPECT_EQ(sentence.find("a claim of Chandelier") != std::string::npos, claim.claim->figure.empty()) << sentence;
    if (claim.claim->id == "scaling-hurts") {
      EXPECT_TRUE(names(sentence, "diverged: 1 and 0 of 12; collapsed: 1 and 0 of 12"));
    }
    EXPECT_EQ(claim.claim->id == "recovers-layer-norm",
              sentence.find("how well inhibition tracks") != std::string::npos);
  }
}

TEST(Claims, AgainstLayerNormalizationComeWithTheTestOfThePaper) {
  const auto judged = judged_claims(study_of({}));
  for (const JudgedClaim& one : judged) {
    const std::string test = test_of_the_paper(*one.claim, judged);
    EXPECT_EQ(test.find(" of 144, p ") == std::string::npos, one.claim->second != "e-ln") << one.claim->id << test;
  }
}

// --- how often verdicts are wrong ---

/// How often each verdict occurs for a difference with this mean, among other differences, over simulated studies of n
/// draws at two epsilons. The two epsilons of a draw share half of the variance of a difference.
std::map<Verdict, double> simulated(double effect, double sd, int units, std::string_view id, int studies) {
  std::map<Verdict, double> share;
  for (int number = 0; number < studies; ++number) {
    Study study;
    for (int draw = 0; draw < units; ++draw) {
      KeyedRandom random(3, Purpose::shuffle, static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(draw));
      const double of_draw = 75 + 5 * random.normal();
      std::map<std::string, double> shared;
      for (const char* condition : {"ei", "e-ln", "inorm", "inorm-full"}) shared[condition] = random.normal() / 2 * sd;
      for (const double epsilon : {0.0, 0.75})
        for (const char* condition : {"ei", "e-ln", "inorm", "inorm-full"}) {
          const bool gains = condition == std::string("inorm-full");
          const double own = random.normal() / 2 * sd;
          add(study, condition, {of_draw + shared[condition] + own + (gains ? effect : 0)}, epsilon, draw);
        }
    }
    for (const JudgedClaim& claim : judged_claims(study))
      if (claim.claim->id == id && !claim.epsilon) share[claim.verdict] += 1.0 / studies;
  }
  return share;
}

constexpr int kStudies = 400;
/// Four standard errors of a proportion of 5 %.
const double kSlack = 4 * std::sqrt(0.05 * 0.95 / kStudies);

TEST(Verdicts, OfADirectionAreWrongAsRarelyAsTheyMayBe) {
  // No difference: either direction may be reported at most as often as the level allows. Low noise shows equality.
  for (const double sd : {0.3, 1.0, 3.0}) {
    auto none = simulated(0, sd, 12, "errors-help", kStudies);
    EXPECT_LE(none[Verdict::shown] + none[Verdict::refuted] + none[Verdict::negligible], 0.05 + kSlack) << sd;
    EXPECT_GE(none[Verdict::no_difference], sd < 0.5 ? 0.8 : 0.0);
  }
  // At the margin: either verdict of "too small to matter" is wrong, and may occur in at most 5 %.
  for (const double sd : {0.3, 1.0}) {
    auto at_margin = simulated(kMargin, sd, 12, "errors-help", kStudies);
    EXPECT_LE(at_margin[Verdict::negligible] + at_margin[Verdict::no_difference], 0.05 + kSlack) << sd;
    EXPECT_LE(at_margin[Verdict::refuted], 0.01) << sd;
  }
  // Small but real, and large: the rule has power.
  auto small = simulated(0.2, 0.2, 12, "errors-help", kStudies);
  EXPECT_GE(small[Verdict::negligible], 0.5);
  EXPECT_LE(small[Verdict::refuted], 0.01);
  EXPECT_GE(simulated(2, 1, 12, "errors-help", kStudies)[Verdict::shown], 0.8);
}

TEST(Verdicts, OfEqualityAreWrongAsRarelyAsTheyMayBe) {
  for (const double edge : {-kMargin, kMargin})
    for (const double sd : {0.3, 1.0}) {
      auto at_margin = simulated(edge, sd, 12, "recovers-layer-norm", kStudies);
      EXPECT_LE(at_margin[Verdict::shown], 0.05 + kSlack) << edge << " " << sd;
      EXPECT_LE(at_margin[Verdict::refuted], 0.05 + kSlack) << edge << " " << sd;
    }
  EXPECT_GE(simulated(0, 0.3, 12, "recovers-layer-norm", kStudies)[Verdict::shown], 0.9);
  EXPECT_GE(simulated(2, 1, 12, "recovers-layer-norm", kStudies)[Verdict::refuted], 0.8);
}

TEST(Verdicts, OfNoGainAndInteractionAreWrongAsRarelyAsTheyMayBe) {
  auto gain = [](double effect, double sd) {  // for inorm - ei, with no effect in other conditions
    std::map<Verdict, double> share;
    for (int number = 0; number < kStudies; ++number) {
      Study study;
      add(study, "ei", accuracies(0, sd, 10'000 + 2 * static_cast<std::uint32_t>(number)));
      add(study, "inorm", accuracies(effect, sd, 10'001 + 2 * static_cast<std::uint32_t>(number)));
      share[judged_claims(study).front().verdict] += 1.0 / kStudies;
    }
    return share;
  };
  EXPECT_LE(gain(kMargin, 0.5)[Verdict::shown], 0.05 + kSlack) << "the gain equals the margin";
  EXPECT_GE(gain(kMargin, 0.5)[Verdict::shown], 0.05 - kSlack) << "the rule has power";
  EXPECT_LE(gain(0, 0.5)[Verdict::refuted], 0.05 + kSlack);
  auto interaction = simulated(3, 1, 12, "errors-help-more-under-jitter", kStudies);  // the same at both epsilons
  EXPECT_LE(interaction[Verdict::shown] + interaction[Verdict::refuted] + interaction[Verdict::negligible],
            0.05 + kSlack);
}

/// The intervals behind the verdicts have the stated coverage: 90 % for one alone, 95 % for all together.
TEST(Verdicts, RestOnIntervalsThatCover) {
  int alone = 0, together = 0;
  for (std::uint32_t number = 0; number < kStudies; ++number) {
    const Truth truth{.e_ln = 1, .ei = -0.3, .inorm = 0, .full = 1.2, .center = 0.8, .scale = -0.5};
    const auto effect = [&](std::string_view name) {
      return name == "e-ln"           ? truth.e_ln
             : name == "ei"           ? truth.ei
             : name == "inorm-full"   ? truth.full
             : name == "inorm-center" ? truth.center
             : name == "inorm-scale"  ? truth.scale
             : name == kHalfWay       ? (truth.full + truth.inorm) / 2
                                      : truth.inorm;
    };
    bool all = true;
    for (const JudgedClaim& claim : judged_claims(study_of(truth, 1, kUnits, 100 + 10 * number))) {
      const double true_difference = effect(claim.found.first) - effect(claim.found.second);
      const PairedDifference& d = claim.found.difference;
      all = all && d.low <= true_difference && true_difference <= d.high;
      if (claim.claim->id == "errors-help") {
        const PairedDifference& one = claim.equivalence.difference;
        alone += one.low <= true_difference && true_difference <= one.high;
      }
    }
    together += all;
  }
  EXPECT_NEAR(alone / double{kStudies}, 0.90, 4 * std::sqrt(0.9 * 0.1 / kStudies));
  EXPECT_GE(together / double{kStudies}, 0.95 - kSlack);
}

}  // namespace
}  // namespace chandelier

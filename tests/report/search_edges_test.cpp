// Optima at the edge of the searched range, in studies with a known optimum.

#include "report/search_edges.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "sentence_of.hpp"
#include "synthetic_study.hpp"

namespace chandelier {
namespace {

/// 30 draws of width, and of lr evenly spread over a decade on a log scale. The best lr has log10(lr) = `optimum`.
Study searched(double optimum, double epsilon = 0.75) {
  Study study;
  for (int draw = 0; draw < 30; ++draw) {
    const double place = -3 + draw / 29.0;
    add(study, "inorm", {85 - 10 * (place - optimum) * (place - optimum)}, epsilon, draw);
    study.back().run.settings.lr = std::pow(10, place);
    study.back().run.settings.width = {100 + (draw * 17) % 30 * 10, 100 + (draw * 17) % 30 * 10};
  }
  return study;
}

TEST(SearchEdges, FlagsAnOptimumInTheOuterTenth) {
  EXPECT_TRUE(names(search_edges(searched(-2)), "inorm, lr: the best 3 of 30 draws at the high end of 0.001 to 0.01"));
  EXPECT_TRUE(names(search_edges(searched(-3)), "at the low end"));
  EXPECT_EQ(search_edges(searched(-2.5)), "");
}

// 0.0015 is at the edge of 0.001 to 0.01 on a linear scale, but a sixth of the way on a log scale.
TEST(SearchEdges, SeesRangesOfFactorsAsSuch) { EXPECT_EQ(search_edges(searched(-2.82)), ""); }

TEST(SearchEdges, AveragesOverEpsilonsAndNeedsASearch) {
  Study both = searched(-2, 0.25);
  const Study opposite = searched(-3, 0.75);
  both.insert(both.end(), opposite.begin(), opposite.end());
  EXPECT_EQ(search_edges(both), "") << "the best on average lie in the middle";
  Study few = searched(-2);
  few.resize(2);
  EXPECT_EQ(search_edges(few), "");
}

/// Draws that only reach the middle of the searched range are not at its edge.
TEST(SearchEdges, KnowsTheRangeThatRandomDrawsWereTakenFrom) {
  const auto drawn_from = [](double low, double high, bool logarithmic) {
    return Draws{"random", {{"lr", SearchedRange{low, high, logarithmic}}}, {}};
  };
  EXPECT_EQ(search_edges(searched(-2), drawn_from(1e-3, 1e-1, true)), "");
  EXPECT_TRUE(names(search_edges(searched(-2), drawn_from(1e-3, 1.1e-2, true)), "high end of 0.001 to 0.011"));
  EXPECT_EQ(search_edges(searched(-2.2), drawn_from(1e-3, 0.01, false)), "") << "0.0063 is in the middle, evenly drawn";
  EXPECT_TRUE(names(search_edges(searched(-2.8), drawn_from(1e-3, 0.01, false)), "at the low end"));
}

TEST(SearchEdges, IsSilentOnAConditionThatLearnedNothing) {
  Study study = searched(-2);
  for (StudyResult& result : study) *result.test_accuracy = 0.1 + *result.test_accuracy / 1000;
  EXPECT_EQ(search_edges(study), "");
}

TEST(SearchEdges, CountsDivergedDrawsAsBad) {
  Study study = searched(-2);
  for (StudyResult& result : study)
    if (result.run.draw > 15) spoil(study, "inorm", 0, "diverged", "", result.run.draw);
  EXPECT_EQ(search_edges(study), "") << "half of the range is useless, but it was searched";
}

}  // namespace
}  // namespace chandelier

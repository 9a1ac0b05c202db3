// Accuracy by luminosity of runs whose predictions are known.

#include "report/luminosity_table.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/error.hpp"
#include "sentence_of.hpp"
#include "synthetic_study.hpp"

namespace chandelier {
namespace {

/// 400 images evenly spread over -0.8 ... 0.8, classified correctly if they are bright.
Predictions right_where_light(const StudyResult&) {
  Predictions predictions;
  for (int i = 0; i < 400; ++i) {
    predictions.luminosity.push_back(static_cast<float>(-0.8 + 1.6 * (i + 0.5) / 400));
    predictions.right.push_back(predictions.luminosity.back() > 0.1F);
  }
  return predictions;
}

Study study(double epsilon = 0.8) {
  Study study;
  add(study, "inorm", {43, 44}, epsilon);
  return study;
}

TEST(LuminosityTable, HasEightBinsOfEqualWidth) {
  const std::string text = luminosity_table(study(), right_where_light);
  EXPECT_TRUE(names(joined(text), "epsilon 0.8; 8 bins from -0.8 to 0.8, labelled by their centres"));
  EXPECT_TRUE(names(joined(text), "condition n -0.70 -0.50 -0.30 -0.10 0.10 0.30 0.50 0.70"));
  EXPECT_EQ(row(text, "inorm"), "inorm 2 0.00 0.00 0.00 0.00 50.00 100.00 100.00 100.00");
  expect_width(text);
}

TEST(LuminosityTable, CountsDivergedRunsAsChanceAndNamesWhatCannotBeRead) {
  Study one_diverged = study();
  spoil(one_diverged, "inorm", 1, "diverged", "");
  add(one_diverged, "e-ln", {43, 44}, 0.8);
  const std::string text = luminosity_table(one_diverged, [](const StudyResult& result) {
    if (result.run.condition == "e-ln" && result.run.seed == 1) throw DataError("predictions: gone");
    return right_where_light(result);
  });
  EXPECT_EQ(row(text, "inorm"), "inorm 2 5.00 5.00 5.00 5.00 30.00 55.00 55.00 55.00");
  EXPECT_TRUE(names(row(text, "e-ln"), "e-ln 1 0.00"));
  EXPECT_TRUE(names(joined(text), "e-ln, epsilon 0.8, seed 1: predictions cannot be read (predictions: gone)"));
}

TEST(LuminosityTable, HasOneBinWhereNothingVaries) {
  const std::string text = luminosity_table(study(0), right_where_light);
  EXPECT_EQ(row(text, "inorm"), "inorm 2 43.75");
  Study gain = study(0.5);
  for (StudyResult& result : gain) result.run.settings.luminosity = "gain";
  EXPECT_TRUE(names(joined(luminosity_table(gain, right_where_light)), "bins from 0.5 to 1.5"));
}

}  // namespace
}  // namespace chandelier

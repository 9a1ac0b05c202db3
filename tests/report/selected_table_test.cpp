// Selecting the best runs: by test accuracy as in the paper, with a warning, and by held-out images.

#include "report/selected_table.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sentence_of.hpp"
#include "synthetic_study.hpp"

namespace chandelier {
namespace {

using Accuracies = std::vector<std::optional<double>>;

Study study() {
  Study study;
  add_draws(study, "inorm", {70, 75, 72, 60});
  add_draws(study, "e-ln", {71, 70, 78, 79});
  return study;
}

TEST(SelectedTable, TakesTheBestByTestAccuracyAndWarns) {
  const std::string text = selected_table(study(), SelectBy::test, 2, Accuracies(8));
  EXPECT_TRUE(names(joined(text), "of the best 2 draws of each condition by TEST accuracy, epsilon 0.75"));
  EXPECT_EQ(row(text, "inorm"), "inorm 2 73.50 73.50 72.00 75.00");
  EXPECT_EQ(row(text, "e-ln"), "e-ln 2 78.50 78.50 78.00 79.00");
  EXPECT_EQ(row(text, "inorm - e-ln"), "inorm - e-ln 0 0.333 0.333 -1.00");
  EXPECT_TRUE(names(text, "paper-faithful, unpaired"));
  EXPECT_TRUE(names(joined(text), "Warning: selected by test accuracy"));
  EXPECT_TRUE(names(joined(text), "These numbers are too high"));
  EXPECT_TRUE(names(joined(text), "breaks the pairs"));
  expect_width(text);
}

TEST(SelectedTable, HasTheDifferencesThatThePlanDeclares) {
  const std::vector<Contrast> own{{"e-ln", "inorm"}};
  const std::string text = selected_table(study(), SelectBy::test, 2, Accuracies(8), own);
  EXPECT_EQ(row(text, "e-ln - inorm"), "e-ln - inorm 4 0.333 0.333 +1.00");
  EXPECT_EQ(row(text, "inorm - e-ln"), "no row inorm - e-ln");
}

TEST(SelectedTable, SaysWhereThereIsNothingToChoose) {
  const auto of = [](int best) { return joined(selected_table(study(), SelectBy::test, best, Accuracies(8))); };
  EXPECT_TRUE(
      names(of(50), "Nothing was selected: the study has 4 draws, so the best 50 are all that have an outcome."));
  EXPECT_EQ(of(50).find("selected by test accuracy"), std::string::npos);
  EXPECT_TRUE(names(of(4), "Nothing was selected: the study has 4 draws"));
  EXPECT_EQ(of(3).find("Nothing was selected"), std::string::npos);
}

TEST(SelectedTable, TakesTheBestByImagesHeldOut) {
  Study held_out = study();
  for (StudyResult& result : held_out) result.run.settings.validation = 100;
  Accuracies validation{0.9, 0.1, 0.8, 0.2, 0.9, 0.8, 0.1, std::nullopt};
  const std::string text = selected_table(held_out, SelectBy::validation, 2, validation);
  EXPECT_EQ(row(text, "inorm"), "inorm 2 71.00 71.00 70.00 72.00");
  EXPECT_EQ(row(text, "e-ln"), "e-ln 2 70.50 70.50 70.00 71.00");
  EXPECT_EQ(text.find("Warning"), std::string::npos);
  EXPECT_TRUE(names(joined(text), "breaks the pairs"));
  EXPECT_TRUE(names(joined(text), "e-ln, epsilon 0.75, draw 3 seed 0: without a validation accuracy"));
  EXPECT_TRUE(names(joined(text), "left out of every number above: 1 of 8"));
}

TEST(SelectedTable, PoolsTheChosenOfEachEpsilonAndCountsDivergedRunsAsChance) {
  Study two = study();
  spoil(two, "inorm", 0, "diverged", "", 1);
  add_draws(two, "inorm", {50, 55, 52, 40}, 0.25);
  add_draws(two, "e-ln", {51, 50, 58, 59}, 0.25);
  const std::string text = selected_table(two, SelectBy::test, 3, Accuracies(16));
  EXPECT_EQ(row(text, "inorm", "epsilon 0.75\n"), "inorm 3 70.00 67.33 60.00 72.00");
  EXPECT_EQ(row(text, "inorm", "epsilons 0.25, 0.75 pooled"), "inorm 6 57.50 59.83 50.00 72.00");
}

TEST(SelectedTable, CannotChooseByImagesThatWereNotHeldOut) {
  EXPECT_TRUE(names(sentence_of<SettingError>([] { selected_table(study(), SelectBy::validation, 2, Accuracies(8)); }),
                    "held out no images"));
}

}  // namespace
}  // namespace chandelier

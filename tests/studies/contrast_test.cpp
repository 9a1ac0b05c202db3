// Contrasts: what `compare` in a plan may say.

#include "studies/contrast.hpp"

#include <gtest/gtest.h>

#include <array>

#include "base/error.hpp"
#include "sentence_of.hpp"

namespace chandelier {
namespace {

constexpr std::array<std::string_view, 4> kConditions{"a", "b", "c-1", "d.2"};

Contrast read(std::string_view text) { return read_contrast(text, kConditions, "plan: compare"); }

TEST(Contrast, OfTwoConditions) {
  const Contrast contrast = read("a - c-1");
  EXPECT_EQ(contrast.first, "a");
  EXPECT_EQ(contrast.second, "c-1");
  EXPECT_TRUE(contrast.is_pair());
  EXPECT_FALSE(contrast.is_interaction());
  EXPECT_TRUE(contrast.label.empty());
  EXPECT_EQ(contrast.first_sum, Contrast("a", "c-1").first_sum);
  EXPECT_EQ(contrast.second_sum, Contrast("a", "c-1").second_sum);
}

TEST(Contrast, OfMeansUnderALabel) {
  const Contrast contrast = read("main effect: mean(a, b) - mean( c-1,d.2 )");
  EXPECT_EQ(contrast.label, "main effect");
  EXPECT_EQ(contrast.first, "mean(a, b)");
  EXPECT_FALSE(contrast.is_pair());
  EXPECT_FALSE(contrast.is_interaction());
  EXPECT_EQ(contrast.first_sum, (std::vector<Weighted>{{"a", 0.5}, {"b", 0.5}}));
  EXPECT_EQ(contrast.second_sum, (std::vector<Weighted>{{"c-1", 0.5}, {"d.2", 0.5}}));
  EXPECT_EQ(contrast.conditions(), (std::vector<std::string_view>{"a", "b", "c-1", "d.2"}));
}

TEST(Contrast, OfDifferences) {
  const Contrast contrast = read("(a - b) - (c-1 - mean(a, d.2))");
  EXPECT_TRUE(contrast.is_interaction());
  EXPECT_FALSE(contrast.is_pair());
  EXPECT_EQ(contrast.first_sum, (std::vector<Weighted>{{"a", 1}, {"b", -1}}));
  EXPECT_EQ(contrast.second_sum, (std::vector<Weighted>{{"c-1", 1}, {"a", -0.5}, {"d.2", -0.5}}));
}

TEST(Contrast, RefusesWhatIsNone) {
  const auto expect = [](std::string_view text, std::string_view part) {
    const std::string sentence = sentence_of<SettingError>([&] { read(text); });
    EXPECT_TRUE(sentence.find(part) != std::string::npos) << text << ": " << sentence;
    EXPECT_TRUE(sentence.starts_with("plan: compare: '" + std::string(text) + "'")) << sentence;
  };
  for (const char* none : {"", "a", "a-b", "a - b - c-1", "(a - b)", "a -b"}) expect(none, "is not a difference");
  expect("a - bb", "names 'bb', which is not in conditions");
  expect("mean(a, e) - b", "names 'e'");
  expect("mean(a, a) - b", "names 'a' twice");
  expect("mean() - b", "empty name");
  expect("mean(a,) - b", "empty name");
  expect("mean(a) - b", "mean of a single condition");
  expect("(a - b) - ( a - b )", "itself");
  expect("mean(a, b) - mean(b, a)", "itself");
  expect("a - a", "itself");
  expect("(a - b) - c-1", "both sides must be conditions, or both differences");
  expect("(a) - (b)", "parentheses");
  expect(": a - b", "no label");
}

}  // namespace
}  // namespace chandelier

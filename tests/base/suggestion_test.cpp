#include "base/suggestion.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <string>

namespace chandelier {
namespace {

constexpr std::array<std::string_view, 4> names{"width", "depth", "lr_wix", "lr_wei"};

TEST(EditDistance, CountsEachKindOfEdit) {
  EXPECT_EQ(edit_distance("width", "width"), 0u);
  EXPECT_EQ(edit_distance("widt", "width"), 1u) << "insertion";
  EXPECT_EQ(edit_distance("widthh", "width"), 1u) << "deletion";
  EXPECT_EQ(edit_distance("wadth", "width"), 1u) << "substitution";
  EXPECT_EQ(edit_distance("wdith", "width"), 1u) << "swap of neighbours";
  EXPECT_EQ(edit_distance("WIDTH", "width"), 0u) << "case";
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3u);
  EXPECT_EQ(edit_distance("", "abc"), 3u);
  EXPECT_EQ(edit_distance("abc", ""), 3u);
}

RC_GTEST_PROP(EditDistance, IsSymmetricAndBounded, (const std::string& a, const std::string& b)) {
  const std::size_t distance = edit_distance(a, b);
  RC_ASSERT(distance == edit_distance(b, a));
  RC_ASSERT(distance <= std::max(a.size(), b.size()));
  RC_ASSERT(distance >= std::max(a.size(), b.size()) - std::min(a.size(), b.size()));
}

TEST(NearestName, FindsTheNearest) {
  EXPECT_EQ(nearest_name("widht", names), "width");
  EXPECT_EQ(nearest_name("lr_wexi", names), "lr_wei");
}

TEST(NearestName, TakesTheFirstOfEquals) {
  EXPECT_EQ(nearest_name("lr_we", std::array<std::string_view, 2>{"lr_wa", "lr_wb"}), "lr_wa");
}

TEST(NearestName, FindsNothingFarAway) {
  EXPECT_EQ(nearest_name("regularization", names), std::nullopt);
  EXPECT_EQ(nearest_name("width", {}), std::nullopt);
}

TEST(DidYouMean, IsTheEndOfASentence) {
  EXPECT_EQ(did_you_mean("widht", names), "; did you mean 'width'?");
  EXPECT_EQ(did_you_mean("regularization", names), "");
}

}  // namespace
}  // namespace chandelier

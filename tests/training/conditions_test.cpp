#include "training/conditions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <tuple>

#include "base/error.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

bool contains(std::span<const std::string_view> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

TEST(Conditions, AreThePapersTwelveFirst) {
  const std::vector<std::string_view> paper{"ei",           "ei-ln",       "ei-ln-forward",     "e-ln",
                                            "e-ln-forward", "inorm",       "inorm-sub",         "inorm-full",
                                            "inorm-center", "inorm-scale", "inorm-decorrelate", "inorm-lateral"};
  ASSERT_GE(condition_ids().size(), paper.size());
  EXPECT_TRUE(std::equal(paper.begin(), paper.end(), condition_ids().begin()));
}

TEST(Conditions, NameWhatTheRegistryKnows) {
  for (const Condition& condition : conditions()) {
    EXPECT_TRUE(contains(circuit_names(), condition.circuit)) << condition.id;
    EXPECT_TRUE(contains(activity_norm_names(), condition.activity_norm)) << condition.id;
    EXPECT_TRUE(contains(error_norm_names(), condition.error_norm)) << condition.id;
    EXPECT_FALSE(condition.summary.empty()) << condition.id;
  }
}

TEST(Conditions, AreAllDifferent) {
  std::set<std::string_view> ids;
  std::set<std::tuple<std::string_view, std::string_view, std::string_view>> combinations;
  for (const Condition& condition : conditions()) {
    ids.insert(condition.id);
    combinations.insert({condition.circuit, condition.activity_norm, condition.error_norm});
  }
  EXPECT_EQ(ids.size(), conditions().size());
  EXPECT_EQ(combinations.size(), conditions().size());
}

TEST(Conditions, CombineWhatTheirNamesSay) {
  std::set<std::string> expected;
  const auto expect = [&](const std::string& id, std::string_view circuit, std::string_view activity,
                          std::string_view error) {
    expected.insert(id);
    const Condition& found = find_condition(id);
    EXPECT_EQ(found.circuit, circuit) << id;
    EXPECT_EQ(found.activity_norm, activity) << id;
    EXPECT_EQ(found.error_norm, error) << id;
    EXPECT_EQ(condition_of(circuit, activity, error), id);
  };
  expect("ei", "ei", "none", "own");
  expect("ei-ln", "ei", "layer", "own");
  expect("ei-ln-forward", "ei", "layer", "none");
  expect("e-ln", "e", "layer", "own");
  expect("e-ln-forward", "e", "layer", "none");
  expect("inorm", "inorm", "none", "none");
  expect("inorm-sub", "inorm-sub", "none", "none");
  for (const std::string_view error : error_norm_names())
    if (error != "none" && error != "own") expect("inorm-" + std::string(error), "inorm", "none", error);
  expect("e", "e", "none", "own");
  expect("ei-mean", "ei", "mean", "own");
  expect("ei-variance", "ei", "variance", "own");
  expect("ei-mean-forward", "ei", "mean", "none");
  expect("ei-variance-forward", "ei", "variance", "none");
  expect("inorm-sub-center", "inorm-sub", "none", "center");
  expect("ei-error-center", "ei", "none", "center");
  expect("ei-error-full", "ei", "none", "full");
  EXPECT_EQ(expected, std::set<std::string>(condition_ids().begin(), condition_ids().end()))
      << "a condition that this test does not hold to its definition";
}

TEST(Conditions, OfNoPresetIsEmpty) { EXPECT_EQ(condition_of("e", "none", "lateral"), ""); }

TEST(Conditions, UnknownIdSuggestsTheNearest) {
  try {
    find_condition("inorm-ful");
    FAIL() << "an unknown condition was found";
  } catch (const SettingError& error) {
    const std::string sentence = error.what();
    EXPECT_NE(sentence.find("'inorm-ful' is not a condition"), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("did you mean 'inorm-full'?"), std::string::npos) << sentence;
    EXPECT_NE(sentence.find("ei-variance-forward"), std::string::npos) << sentence;
  }
}

TEST(CircuitTraits, AreThoseOfTheCircuitOfThatName) {
  EXPECT_FALSE(circuit_traits("e").has_inhibition);
  EXPECT_TRUE(circuit_traits("ei").has_inhibition);
  EXPECT_FALSE(circuit_traits("ei").normalizes);
  EXPECT_TRUE(circuit_traits("inorm-sub").normalizes);
  EXPECT_FALSE(circuit_traits("inorm-sub").divides);
  EXPECT_TRUE(circuit_traits("inorm").divides);
  EXPECT_THROW(circuit_traits("nothing"), Bug);
}

}  // namespace
}  // namespace chandelier

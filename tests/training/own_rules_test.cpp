// Rules that a program adds to the registry.

#include <gtest/gtest.h>

#include <algorithm>

#include "base/error.hpp"
#include "luminosity/fixed_shift.hpp"
#include "normalization/activity_none.hpp"
#include "training/conditions.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"
#include "training/setting_list.hpp"

namespace chandelier {
namespace {

/// N(g) = factor * g
class Multiplied final : public ErrorNormalization {
 public:
  explicit Multiplied(Real factor) : factor_(factor) {}
  void apply(ConstMatrixView, ConstMatrixView g, MatrixView normalized) override { normalized = factor_ * g; }

 private:
  Real factor_;
};

void add_multiplied(Real factor) {
  add_error_norm("test-multiplied", [factor](const ErrorNormPlace&) { return std::make_unique<Multiplied>(factor); });
}

Settings with_error_norm(const std::string& name) {
  GivenSettings given;
  given.give("circuit", "inorm", "test");
  given.give("error_norm", name, "test");
  given.give("width", "6", "test");
  return resolve(given, {});
}

/// delta of the layer below the readout after one batch
Matrix delta_of(const Settings& settings) {
  Network network = initial_network(settings, 5, 4);
  const Matrix images = Matrix::Constant(4, 5, Real(0.5));
  const std::vector<std::uint8_t> labels{0, 1, 2, 3};
  network.forward(view(images));
  network.backward(labels);
  return network.circuit(1).delta();
}

TEST(OwnRules, AreUsedByTheirName) {
  add_multiplied(2);
  const auto names = error_norm_names();
  EXPECT_NE(std::find(names.begin(), names.end(), "test-multiplied"), names.end());
  const Matrix twice = delta_of(with_error_norm("test-multiplied")), once = delta_of(with_error_norm("none"));
  EXPECT_GT(once.norm(), 0);
  EXPECT_TRUE(twice.isApprox(2 * once));
}

TEST(OwnRules, OfTheSameNameReplaceWhatWasThere) {
  add_multiplied(2);
  const std::size_t count = error_norm_names().size();
  add_multiplied(3);
  EXPECT_EQ(error_norm_names().size(), count);
  EXPECT_TRUE(delta_of(with_error_norm("test-multiplied")).isApprox(3 * delta_of(with_error_norm("none"))));
}

TEST(OwnRules, MakeNoConditions) {
  add_multiplied(2);
  EXPECT_EQ(with_error_norm("test-multiplied").condition, "");
  for (const Condition& condition : conditions()) EXPECT_NE(condition.error_norm, "test-multiplied");
  const auto known = known_error_norm_names();
  EXPECT_EQ(std::find(known.begin(), known.end(), "test-multiplied"), known.end());
}

TEST(OwnRules, AreChoicesOfTheSetting) {
  add_multiplied(2);
  EXPECT_NE(find_setting("error_norm")->allowed().find("test-multiplied"), std::string::npos);
  EXPECT_THROW(with_error_norm("test-multiplies"), SettingError);
}

TEST(OwnRules, ListsThatWereTakenStayAsTheyWere) {
  const auto before = luminosity_names();
  const std::vector<std::string_view> copy(before.begin(), before.end());
  add_luminosity("test-dusk", [](double) { return fixed_shift(0); });
  add_activity_norm("test-norm", [](Index, Index) { return activity_none(0, 0); });
  EXPECT_TRUE(std::equal(before.begin(), before.end(), copy.begin(), copy.end()));
  EXPECT_EQ(luminosity_names().size(), copy.size() + 1);
}

TEST(OwnRules, NeedANameOfTheirOwnThatIsAWord) {
  const auto refused = [](const char* name, const char* words) {
    try {
      add_error_norm(name, [](const ErrorNormPlace&) { return std::make_unique<Multiplied>(Real(1)); });
      ADD_FAILURE() << name;
    } catch (const SettingError& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  };
  refused("full", "'full' is one of Chandelier's own");
  for (const char* name : {"", "Full", "two words", "7th", "../up"}) refused(name, "a name is a word");
}

}  // namespace
}  // namespace chandelier

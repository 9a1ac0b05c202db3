// Rules that a program adds to the registry.

#include <gtest/gtest.h>

#include <algorithm>
#include <limits>

#include "base/error.hpp"
#include "circuits/excitatory.hpp"
#include "learning/weights.hpp"
#include "luminosity/fixed_shift.hpp"
#include "normalization/activity_none.hpp"
#include "normalization/error_none.hpp"
#include "sentence_of.hpp"
#include "training/conditions.hpp"
#include "training/measures.hpp"
#include "training/network_builder.hpp"
#include "training/registry.hpp"
#include "training/setting_list.hpp"
#include "training/trace.hpp"

namespace chandelier {
namespace {

/// N(g) = factor * g
class Multiplied final : public ErrorNormalization {
 public:
  explicit Multiplied(Real factor) : factor_(factor) {}
  void apply(ConstMatrixView, ConstMatrixView g, MatrixView normalized) const override { normalized = factor_ * g; }

 private:
  Real factor_;
};

void add_multiplied(Real factor) {
  add_error_norm("test-multiplied",
                 [factor](const Settings&, const ErrorNormPlace&) { return std::make_unique<Multiplied>(factor); });
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
  add_luminosity("test-dusk", [](const Settings&) { return fixed_shift(0); });
  add_activity_norm("test-norm", [](Index, Index) { return activity_none(0, 0); });
  EXPECT_TRUE(std::equal(before.begin(), before.end(), copy.begin(), copy.end()));
  EXPECT_EQ(luminosity_names().size(), copy.size() + 1);
}

TEST(OwnRules, NeedANameOfTheirOwnThatIsAWord) {
  const auto refused = [](const char* name, const char* words) {
    try {
      add_error_norm(name,
                     [](const Settings&, const ErrorNormPlace&) { return std::make_unique<Multiplied>(Real(1)); });
      ADD_FAILURE() << name;
    } catch (const SettingError& error) {
      EXPECT_NE(std::string(error.what()).find(words), std::string::npos) << error.what();
    }
  };
  refused("full", "'full' is built in");
  for (const char* name : {"", "Full", "two words", "7th", "../up"}) refused(name, "a name may contain only");
}

/// The excitatory circuit, but it remembers the layer it was made for.
void add_remembered(std::vector<std::uint32_t>& layers) {
  add_circuit("test-remembered", Excitatory::kTraits,
              [&layers](const Settings&, const LayerSize& size, std::uint32_t layer) {
                layers.push_back(layer);
                return std::make_unique<Excitatory>(size);
              });
}

TEST(OwnRules, MayBeCircuits) {
  std::vector<std::uint32_t> layers;
  add_remembered(layers);
  GivenSettings given;
  given.give("circuit", "test-remembered", "test");
  given.give("activity_norm", "layer", "test");
  given.give("width", "6", "test");
  const Settings settings = resolve(given, {});
  EXPECT_EQ(settings.error_norm, "own") << "it does not normalize by inhibition";
  given.give("circuit", "e", "test");
  EXPECT_EQ(delta_of(settings), delta_of(resolve(given, {})));
  EXPECT_EQ(layers, (std::vector<std::uint32_t>{0, 1}));
  EXPECT_FALSE(circuit_traits("test-remembered").has_inhibition);
  const auto known = known_circuit_names();
  EXPECT_EQ(std::find(known.begin(), known.end(), "test-remembered"), known.end());
  add_circuit("test-remembered", Excitatory::kTraits,
              [](const Settings&, const LayerSize& size, std::uint32_t) { return std::make_unique<Excitatory>(size); });
}

TEST(OwnRules, MayBeMeasuresThatTheirNameChooses) {
  add_measure("test-batch", [](const LayerInBatch& seen) { return static_cast<double>(seen.layer().z().cols()); });
  const auto chosen = [](const std::string& measure) {
    GivenSettings given;
    given.give("measure", measure, "test");
    return MeasurePlan(resolve(given, {}));
  };
  const auto has = [](const std::vector<std::string>& names, const char* name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  EXPECT_FALSE(has(chosen("all").on_test_images, "test-batch"));
  EXPECT_FALSE(has(chosen("reference").in_training, "test-batch"));
  EXPECT_EQ(chosen("test-batch").on_test_images, std::vector<std::string>{"test-batch"});
  const MeasurePlan both = chosen("all,test-batch");
  EXPECT_TRUE(has(both.on_test_images, "test-batch") && has(both.on_test_images, "mean"));
  EXPECT_TRUE(has(chosen("reference,test-batch").in_training, "test-batch"));
  EXPECT_THROW(chosen("all,mean"), SettingError);
  EXPECT_THROW(chosen("none,test-batch"), SettingError);

  const Settings settings = with_error_norm("none");
  Network network = initial_network(settings, 5, 4);
  Measures measures(settings, network, {"test-batch"}, 4);
  const Matrix images = Matrix::Constant(4, 5, Real(0.5));
  const std::vector<std::uint8_t> labels{0, 1, 2, 3};
  network.forward(view(images));
  network.backward(labels);
  measures.observe(network, labels);
  EXPECT_EQ(measures.columns(), (std::vector<std::string>{"hidden0.test-batch", "hidden1.test-batch"}));
  EXPECT_EQ(measures.values(), (std::vector<double>{4, 4}));
}

TEST(OwnRules, OfWhichOnlyTheNameIsKnownSayWhereTheyAre) {
  const auto own = own_rules();
  know_rule({"error_norm", "test-elsewhere"}, "is elsewhere");
  EXPECT_EQ(own_rules(), own) << "it is not here";
  Settings settings = with_error_norm("test-elsewhere");
  EXPECT_TRUE(names_own_rule(settings));
  EXPECT_FALSE(names_own_rule(Settings()));
  EXPECT_EQ(sentence_of<RuleElsewhere>([&] { initial_network(settings, 5, 4); }),
            "error_norm 'test-elsewhere' is elsewhere");
  GivenSettings given;
  given.give("circuit", "inorm", "test");
  given.give("error_norm", "test-elsewhere", "test");
  given.give("freeze", "what-it-owns", "test");
  EXPECT_EQ(resolve(given, {}).freeze.front(), "what-it-owns") << "where the rule is, that was checked";

  add_error_norm("test-elsewhere", [](const Settings&, const ErrorNormPlace&) { return error_none(); });
  EXPECT_NO_THROW(initial_network(settings, 5, 4));
  know_rule({"error_norm", "test-elsewhere"}, "is elsewhere");
  EXPECT_NO_THROW(initial_network(settings, 5, 4)) << "a rule that is here stays";
  EXPECT_THROW(know_rule({"error_norm", "full"}, "is elsewhere"), SettingError);
  EXPECT_THROW(know_rule({"feedback", "mine"}, "is elsewhere"), SettingError);
}

/// A rule with its own weights, one per unit: N(g)_j = (1 - a_j) g_j. They learn from the mean error of the batch.
class Damped final : public ErrorNormalization {
 public:
  Damped(Index n, Index capacity) : ones_(capacity, 1), error_(n, capacity) {
    own({.name = "damping", .rate = "lr_wix", .sign = Sign::non_negative, .inhibitory = true, .vector = true}, n, 1);
    own({.name = "seen", .vector = true, .fixed = true}, 1, 1);
    ones_.setOnes();
  }
  void apply(ConstMatrixView, ConstMatrixView g, MatrixView normalized) const override {
    const ConstVectorView a = parameter("damping").vector();
    for (Index j = 0; j < g.rows(); ++j) normalized.row(j) = (1 - a[j]) * g.row(j);
  }
  void learn(ConstMatrixView, ConstMatrixView g) override {
    forget_signals();
    error_(g.cols()) = -g.cwiseAbs();
    note_signal("damping", view(error_(g.cols())), {ones_.data(), g.cols(), 1});
    parameter("seen").change([&](MatrixView seen) { seen(0, 0) += 1; });
  }

 private:
  Matrix ones_;
  BatchBuffer error_;
};

class ARuleThatLearns : public ::testing::TestWithParam<const char*> {
 protected:
  static constexpr Index kPixels = 5, kBatch = 4;

  static Real seen(const Network& network) { return network.hidden()[0].error_norm().parameter("seen").value()(0, 0); }
  void backward() {
    network.forward(view(images));
    network.backward(labels);
  }
  Vector damping() const { return network.hidden()[0].error_norm().parameter("damping").vector(); }

  Settings settings = [] {
    add_error_norm("test-damped", [](const Settings&, const ErrorNormPlace& place) {
      return std::make_unique<Damped>(place.n, place.capacity);
    });
    Settings damped = with_error_norm("test-damped");
    damped.error_part = GetParam();
    return damped;
  }();
  Network network = initial_network(settings, kPixels, kBatch);
  const Matrix images = Matrix::Constant(kBatch, kPixels, Real(0.5));
  const std::vector<std::uint8_t> labels{0, 1, 2, 3};
};

TEST_P(ARuleThatLearns, LearnsOnceAStepAndNotWhenItIsMeasured) {
  Optimizer optimizer = optimizer_of(network, settings);
  Measures measures(settings, network, {measure_names().begin(), measure_names().end()}, kBatch);
  measures.begin();
  backward();
  measures.observe(network, labels);
  backward();
  EXPECT_EQ(seen(network), 0);
  EXPECT_TRUE(damping().isZero());
  const Vector expected = Real(settings.lr_wix) * network.hidden()[0].error().cwiseAbs().rowwise().sum();
  optimizer.step();
  EXPECT_EQ(seen(network), 1);
  EXPECT_GT(damping().maxCoeff(), 0);
  EXPECT_TRUE(damping().isApprox(expected, Real(1e-5)));
}

TEST_P(ARuleThatLearns, IsStoredAndTakenUpAgain) {
  settings.momentum_inhibitory = 0.5;
  Optimizer optimizer = optimizer_of(network, settings);
  for (int step = 0; step < 2; ++step) {
    backward();
    optimizer.step();
  }
  TensorFile file = weights_of(network, settings);
  optimizer.put_velocities(file);
  EXPECT_TRUE(file.tensors.contains("hidden1.damping"));
  EXPECT_TRUE(file.tensors.contains("hidden1.damping.velocity"));
  EXPECT_FALSE(file.tensors.contains("hidden1.seen.velocity")) << "it is fixed";

  Network again = network_from(settings, file, "w.safetensors", kBatch);
  Optimizer its_optimizer = optimizer_of(again, settings);
  its_optimizer.take_velocities(file, "w.safetensors");
  backward();
  optimizer.step();
  again.forward(view(images));
  again.backward(labels);
  its_optimizer.step();
  EXPECT_EQ(seen(again), 3);
  EXPECT_EQ(again.hidden()[0].error_norm().parameter("damping").value(), damping());

  file.tensors.erase("hidden1.damping");
  EXPECT_THROW(network_from(settings, file, "w.safetensors", kBatch), DataError);
}

TEST_P(ARuleThatLearns, CanBeFrozenAndTraced) {
  GivenSettings given;
  given.give("circuit", "inorm", "test");
  given.give("error_norm", "test-damped", "test");
  given.give("error_part", GetParam(), "test");
  given.give("width", "6", "test");
  given.give("freeze", "hidden1.damping", "test");
  const Settings frozen = resolve(given, {});
  Network half = initial_network(frozen, kPixels, kBatch);
  Optimizer optimizer = optimizer_of(half, frozen);
  TensorFile file;
  trace_step(half, optimizer, view(images), labels, "", file);
  EXPECT_TRUE(half.hidden()[1].error_norm().parameter("damping").value().isZero());
  EXPECT_FALSE(half.hidden()[0].error_norm().parameter("damping").value().isZero());
  EXPECT_TRUE(file.tensors.contains("hidden0.gradient.damping"));
  EXPECT_TRUE(file.tensors.contains("hidden1.gradient.damping"));
  EXPECT_FALSE(file.tensors.contains("hidden0.gradient.seen"));

  given.give("freeze", "hidden1.dumping", "test");
  EXPECT_THROW(resolve(given, {}), SettingError);
}

TEST_P(ARuleThatLearns, IsCheckedToBeFinite) {
  EXPECT_TRUE(all_finite(network));
  network.hidden()[1].error_norm().parameter("damping").change(
      [](MatrixView a) { a(0, 0) = std::numeric_limits<Real>::quiet_NaN(); });
  EXPECT_FALSE(all_finite(network));
}

INSTANTIATE_TEST_SUITE_P(EveryPart, ARuleThatLearns, ::testing::Values("whole", "direction", "magnitude"),
                         [](const auto& test) { return std::string(test.param); });

}  // namespace
}  // namespace chandelier

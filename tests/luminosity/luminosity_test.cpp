#include "luminosity/luminosity.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <functional>
#include <numeric>
#include <optional>
#include <set>
#include <span>

#include "data/stored_images.hpp"
#include "luminosity/contrast.hpp"
#include "luminosity/drift.hpp"
#include "luminosity/fixed_shift.hpp"
#include "luminosity/gain.hpp"
#include "luminosity/jittered_images.hpp"
#include "luminosity/lognormal_gain.hpp"
#include "luminosity/shading.hpp"
#include "luminosity/uniform_shift.hpp"

namespace chandelier {
namespace {

/// All 256 values of a stored pixel, and a few more so that the length is not a multiple of any vector size.
std::vector<Real> pixel_values() {
  std::vector<Real> pixels;
  for (int value = 0; value < 256; ++value) pixels.push_back(static_cast<Real>(value) / Real{255});
  pixels.insert(pixels.end(), {Real(0.5), Real(1e-30), Real(0.999999)});
  return pixels;
}

KeyedRandom random_of(std::uint32_t sample, std::uint32_t epoch = 1) {
  return {0, Purpose::test_luminosity, epoch, sample};
}

/// Changes the pixels and returns the drawn value.
Real drawn_and_applied(const Luminosity& luminosity, const KeyedRandom& random, std::vector<Real>& pixels) {
  KeyedRandom for_value = random, for_pixels = random;
  luminosity.apply(for_pixels, {}, pixels);
  return luminosity.draw(for_value, {});
}

struct Model {
  const char* name;
  std::function<std::unique_ptr<Luminosity>(double)> make;
  std::function<double(double x, double drawn)> plain;  ///< the equation, before clamping
  double middle;                                        ///< the value without effect
};
void PrintTo(const Model& model, std::ostream* out) { *out << model.name; }

const Model models[] = {
    {"uniform", uniform_shift, [](double x, double d) { return x + d; }, 0.0},
    {"fixed", fixed_shift, [](double x, double d) { return x + d; }, 0.0},
    {"gain", gain, [](double x, double g) { return g * x; }, 1.0},
    {"contrast", contrast, [](double x, double c) { return 0.5 + c * (x - 0.5); }, 1.0},
    {"drift", [](double epsilon) { return drift(epsilon, 0.9); }, [](double x, double a) { return x + a; }, 0.0},
    {"lognormal_gain", lognormal_gain, [](double x, double g) { return g * x; }, 1.0},
};

class LuminosityModel : public ::testing::TestWithParam<Model> {};
INSTANTIATE_TEST_SUITE_P(All, LuminosityModel, ::testing::ValuesIn(models),
                         [](const auto& tested) { return std::string(tested.param.name); });

TEST_P(LuminosityModel, ZeroChangesNoBit) {
  for (std::uint32_t sample = 0; sample < 20; ++sample) {
    std::vector<Real> pixels = pixel_values();
    KeyedRandom random = random_of(sample);
    EXPECT_EQ(drawn_and_applied(*GetParam().make(0.0), random, pixels), static_cast<Real>(GetParam().middle));
    const std::vector<Real> before = pixel_values();
    EXPECT_EQ(std::memcmp(pixels.data(), before.data(), before.size() * sizeof(Real)), 0);
  }
}

TEST_P(LuminosityModel, IsItsEquationClamped) {
  const auto luminosity = GetParam().make(0.75);
  const std::vector<Real> before = pixel_values();
  bool darkest = false, brightest = false;
  for (std::uint32_t sample = 0; sample < 100; ++sample) {
    std::vector<Real> pixels = before;
    KeyedRandom random = random_of(sample);
    const double drawn = static_cast<double>(drawn_and_applied(*luminosity, random, pixels));
    for (std::size_t i = 0; i < pixels.size(); ++i) {
      ASSERT_GE(pixels[i], 0);
      ASSERT_LE(pixels[i], 1);
      const double expected = std::clamp(GetParam().plain(static_cast<double>(before[i]), drawn), 0.0, 1.0);
      ASSERT_NEAR(static_cast<double>(pixels[i]), expected, 2e-7);
      darkest = darkest || (pixels[i] == 0 && before[i] > 0);
      brightest = brightest || (pixels[i] == 1 && before[i] < 1);
    }
  }
  EXPECT_TRUE(brightest);
  EXPECT_TRUE(darkest || GetParam().middle == 1.0 || GetParam().name == std::string("fixed"));
}

TEST(Luminosity, AnyJitterKeepsPixelsInRange) {
  EXPECT_TRUE(rc::check("pixels stay in [0, 1]", [](std::uint32_t sample) {
    const double epsilon = *rc::gen::inRange(0, 5000) / 1000.0;
    const Model& model = models[*rc::gen::inRange<std::size_t>(0, std::size(models))];
    std::vector<Real> pixels = pixel_values();
    pixels.resize(*rc::gen::inRange<std::size_t>(0, pixels.size() + 1));
    KeyedRandom random = random_of(sample);
    model.make(epsilon)->apply(random, {}, pixels);
    for (const Real x : pixels) RC_ASSERT(x >= 0 && x <= 1);
  }));
}

TEST(Luminosity, DrawsAreUniformAroundTheMiddle) {
  constexpr int n = 40000;
  constexpr double epsilon = 0.75;
  for (const Model& model : models) {
    if (!std::set<std::string>{"uniform", "gain", "contrast"}.contains(model.name)) continue;
    SCOPED_TRACE(model.name);
    const auto luminosity = model.make(epsilon);
    double sum = 0, squares = 0, least = 10, most = -10;
    for (std::uint32_t sample = 0; sample < n; ++sample) {
      KeyedRandom random = random_of(sample);
      const double value = static_cast<double>(luminosity->draw(random, {})) - model.middle;
      sum += value, squares += value * value;
      least = std::min(least, value), most = std::max(most, value);
    }
    // Five standard errors; the variance of U(-e, e) is e^2/3.
    EXPECT_NEAR(sum / n, 0.0, 5 * epsilon / std::sqrt(3.0 * n));
    EXPECT_NEAR(squares / n, epsilon * epsilon / 3, 5 * epsilon * epsilon * std::sqrt(4.0 / 45 / n));
    EXPECT_GT(least, -epsilon - 1e-6);
    EXPECT_LT(most, epsilon + 1e-6);
    EXPECT_LT(least, -0.99 * epsilon);
    EXPECT_GT(most, 0.99 * epsilon);
  }
}

TEST(FixedShift, ShiftsEveryImageByTheSame) {
  const auto luminosity = fixed_shift(-0.25);
  for (std::uint32_t sample = 0; sample < 3; ++sample) {
    std::vector<Real> pixels = {0, Real(0.25), Real(0.5), 1};
    KeyedRandom random = random_of(sample);
    EXPECT_EQ(drawn_and_applied(*luminosity, random, pixels), Real(-0.25));
    EXPECT_EQ(pixels, (std::vector<Real>{0, 0, Real(0.25), Real(0.75)}));
  }
}

/// A medium grey image under a luminosity model.
std::vector<Real> shaded(const Luminosity& luminosity, std::uint32_t sample, const Scene& scene) {
  std::vector<Real> pixels(static_cast<std::size_t>(scene.rows * scene.columns), Real(0.5));
  KeyedRandom random = random_of(sample);
  luminosity.apply(random, scene, pixels);
  return pixels;
}

TEST(Shading, IsAShiftAndASlopeInADirection) {
  const Scene scene{.rows = 5, .columns = 9};
  const auto luminosity = shading(0.1, 0.2);
  double steepest = 0, sum_of_slopes = 0, sum_of_directions = 0;
  constexpr int kImages = 4000;
  for (std::uint32_t sample = 0; sample < kImages; ++sample) {
    const std::vector<Real> x = shaded(*luminosity, sample, scene);
    const auto at = [&](Index row, Index column) {
      return static_cast<double>(x[static_cast<std::size_t>(row * 9 + column)]);
    };
    KeyedRandom random = random_of(sample);
    const double a0 = static_cast<double>(luminosity->draw(random, scene));
    ASSERT_NEAR(at(2, 4), 0.5 + a0, 1e-6);  // the middle, where p is 0
    // From the middle to the right or lower edge, p grows by 1, so these are the two components of a1 u.
    const double right = at(2, 8) - at(2, 4), down = at(4, 4) - at(2, 4), slope = std::hypot(right, down);
    for (Index row = 0; row < 5; ++row)
      for (Index column = 0; column < 9; ++column)
        ASSERT_NEAR(at(row, column), 0.5 + a0 + right * (double(column) - 4) / 4 + down * (double(row) - 2) / 2, 1e-6);
    steepest = std::max(steepest, slope);
    sum_of_slopes += slope;
    sum_of_directions += right;
  }
  EXPECT_LE(steepest, 0.2 + 1e-6);
  EXPECT_GT(steepest, 0.199);
  EXPECT_NEAR(sum_of_slopes / kImages, 0.1, 0.005);  // |a1| of U(-0.2, 0.2)
  EXPECT_NEAR(sum_of_directions / kImages, 0, 0.006);
}

TEST(Shading, WithoutASlopeIsTheUniformShift) {
  const Scene scene{.rows = 4, .columns = 7};
  const auto plain = uniform_shift(0.75), flat = shading(0.75, 0);
  for (std::uint32_t sample = 0; sample < 50; ++sample)
    EXPECT_EQ(shaded(*plain, sample, scene), shaded(*flat, sample, scene));
}

TEST(Shading, OfALineOfPixelsHasNoSlopeAcross) {
  const std::vector<Real> x = shaded(*shading(0, 1), 1, {.rows = 1, .columns = 3});
  EXPECT_EQ(x[1], Real(0.5));
}

TEST(LognormalGain, HasTheStatedLogarithm) {
  constexpr int kImages = 40000;
  const auto luminosity = lognormal_gain(0.5);
  double sum = 0, squares = 0;
  for (std::uint32_t sample = 0; sample < kImages; ++sample) {
    KeyedRandom random = random_of(sample);
    const double logarithm = std::log(static_cast<double>(luminosity->draw(random, {})));
    sum += logarithm, squares += logarithm * logarithm;
  }
  EXPECT_NEAR(sum / kImages, 0, 5 * 0.5 / std::sqrt(kImages));
  EXPECT_NEAR(squares / kImages, 0.25, 5 * 0.25 * std::sqrt(2.0 / kImages));
}

class JitteredImagesTest : public ::testing::Test {
 protected:
  static std::shared_ptr<const ImageSet> made_up() {
    auto set = std::make_shared<ImageSet>();
    set->count = 50, set->rows = 3, set->columns = 5;
    for (int i = 0; i < 50 * 15; ++i) set->pixels.push_back(static_cast<std::uint8_t>(i * 37 % 256));
    for (int i = 0; i < 50; ++i) set->labels.push_back(static_cast<std::uint8_t>(i % 10));
    return set;
  }
  JitteredImages jittered(double epsilon, std::uint64_t seed = 0, Purpose purpose = Purpose::test_luminosity) const {
    return {source, uniform_shift(epsilon), seed, purpose};
  }
  /// The images with these numbers, one per row.
  static Matrix read(const ImageSource& from, const std::vector<std::uint32_t>& which, std::uint32_t epoch) {
    Batch batch(static_cast<Index>(which.size()) + 3, 15);
    from.read(which, epoch, batch);
    EXPECT_EQ(batch.size(), static_cast<Index>(which.size()));
    for (std::size_t i = 0; i < which.size(); ++i) EXPECT_EQ(batch.labels()[i], which[i] % 10);
    return batch.images();
  }

  std::shared_ptr<const ImageSource> source = std::make_shared<StoredImages>(made_up());
};

/// A stream: half of the previous value, plus something new. All pixels are dark except the one at (rows - 1,
/// columns - 2), which shows the value.
class HalfOfTheLast final : public Luminosity {
 public:
  Real draw(KeyedRandom& random, const Scene& scene) const override {
    return scene.before.value_or(Real(0)) / 2 + static_cast<Real>(random.uniform()) / 4;
  }
  void apply(KeyedRandom& random, const Scene& scene, std::span<Real> pixels) const override {
    std::ranges::fill(pixels, Real(0));
    pixels[static_cast<std::size_t>((scene.rows - 1) * scene.columns + scene.columns - 2)] = draw(random, scene);
  }
  bool is_stream() const override { return true; }
};

TEST_F(JitteredImagesTest, EpsilonZeroIsTheSource) {
  std::vector<std::uint32_t> all(50);
  std::iota(all.begin(), all.end(), 0u);
  EXPECT_EQ(jittered(0).size(), 50);
  EXPECT_EQ(jittered(0).pixels(), 15);
  EXPECT_TRUE(read(jittered(0), all, 4) == read(*source, all, 4));
}

TEST_F(JitteredImagesTest, AnImageDoesNotDependOnItsBatch) {
  const JitteredImages images = jittered(0.75);
  const Matrix together = read(images, {7, 31, 2, 49}, 5);
  const Matrix reordered = read(images, {49, 7}, 5);
  EXPECT_TRUE(together.row(0) == reordered.row(1));
  EXPECT_TRUE(together.row(3) == reordered.row(0));
  EXPECT_TRUE(together.row(2) == read(images, {2}, 5).row(0));
}

TEST_F(JitteredImagesTest, ValueIsWhatWasAdded) {
  const JitteredImages images = jittered(0.75);
  for (std::uint32_t which = 0; which < 50; ++which) {
    const Matrix before = read(*source, {which}, 2), after = read(images, {which}, 2);
    const Real d = images.value(which, 2);
    EXPECT_TRUE(after.isApprox((before.array() + d).max(Real{0}).min(Real{1}).matrix())) << which;
  }
}

TEST_F(JitteredImagesTest, EpochsSeedsPurposesAndImagesDrawApart) {
  const JitteredImages images = jittered(0.75);
  const Real value = images.value(3, 1);
  EXPECT_EQ(jittered(0.75).value(3, 1), value);
  EXPECT_NE(images.value(3, 2), value);
  EXPECT_NE(images.value(4, 1), value);
  EXPECT_NE(jittered(0.75, 1).value(3, 1), value);
  EXPECT_NE(jittered(0.75, 0, Purpose::train_luminosity).value(3, 1), value);
  EXPECT_FALSE(read(images, {3}, 1) == read(images, {3}, 2));
}

TEST_F(JitteredImagesTest, ImagesOfOneBatchDrawApart) {
  const JitteredImages images = jittered(0.75);
  std::vector<Real> values;
  for (std::uint32_t which = 0; which < 50; ++which) values.push_back(images.value(which, 0));
  std::sort(values.begin(), values.end());
  EXPECT_EQ(std::unique(values.begin(), values.end()), values.end());
}

TEST_F(JitteredImagesTest, AStreamFollowsTheOrderOfTheEpochWhateverTheBatches) {
  JitteredImages images(source, std::make_shared<HalfOfTheLast>(), 0, Purpose::train_luminosity);
  const std::vector<std::uint32_t> order{7, 31, 2, 49, 0};
  images.follow(order, 5);
  std::optional<Real> before;
  for (const std::uint32_t which : order) {
    KeyedRandom random(0, Purpose::train_luminosity, 5, which);
    const Real expected = before.value_or(Real(0)) / 2 + static_cast<Real>(random.uniform()) / 4;
    EXPECT_EQ(images.value(which, 5), expected);
    EXPECT_EQ(read(images, {which}, 5)(0, 2 * 5 + 3), expected);
    before = expected;
  }
  // From the middle of the epoch, as in a resumed run.
  JitteredImages again(source, std::make_shared<HalfOfTheLast>(), 0, Purpose::train_luminosity);
  again.follow(order, 5);
  EXPECT_TRUE(read(again, {49, 0}, 5) == read(images, order, 5).bottomRows(2));
  again.follow(std::vector<std::uint32_t>{0, 49}, 5);
  EXPECT_NE(again.value(49, 5), images.value(49, 5));
}

/// Many images, for statistics of a stream.
struct ManyImages final : public ImageSource {
  Index size() const override { return 40000; }
  Index rows() const override { return 1; }
  Index columns() const override { return 1; }
  void read(std::span<const std::uint32_t>, std::uint32_t, Batch&) const override {}
};

TEST(Drift, HasTheVarianceOfTheUniformShiftAndTheStatedAutocorrelation) {
  constexpr double kEpsilon = 0.75, kVariance = kEpsilon * kEpsilon / 3;
  for (const double rho : {0.0, 0.9, 0.99}) {
    SCOPED_TRACE(rho);
    JitteredImages images(std::make_shared<ManyImages>(), drift(kEpsilon, rho), 3, Purpose::train_luminosity);
    std::vector<std::uint32_t> order(40000);
    std::iota(order.begin(), order.end(), 0u);
    std::ranges::reverse(order);  // any order is a stream
    images.follow(order, 2);
    std::vector<double> a;
    for (const std::uint32_t which : order) a.push_back(static_cast<double>(images.value(which, 2)));
    const auto moment = [&](std::size_t lag) {
      double sum = 0;
      for (std::size_t t = lag; t < a.size(); ++t) sum += a[t] * a[t - lag];
      return sum / static_cast<double>(a.size() - lag) / kVariance;
    };
    // The relative standard error of the variance of correlated numbers: sqrt(2 (1 + rho^2)/(1 - rho^2) / n).
    const double error = std::sqrt(2 * (1 + rho * rho) / (1 - rho * rho) / double(a.size()));
    EXPECT_NEAR(moment(0), 1, 5 * error);
    for (const std::size_t lag : {1, 2, 5}) EXPECT_NEAR(moment(lag), std::pow(rho, double(lag)), 5 * error) << lag;
  }
}

TEST(Drift, OfImagesThatAreNoStreamIsStationary) {
  const JitteredImages images(std::make_shared<ManyImages>(), drift(0.75, 0.99), 3, Purpose::test_luminosity);
  double squares = 0, products = 0, before = 0;
  for (std::uint32_t which = 0; which < 40000; ++which) {
    const double a = static_cast<double>(images.value(which, 2));
    squares += a * a / 40000, products += a * before / 40000;
    before = a;
  }
  EXPECT_NEAR(squares, 0.75 * 0.75 / 3, 0.007);
  EXPECT_NEAR(products, 0, 0.005);
}

TEST_F(JitteredImagesTest, WithoutAnOrderAStreamHasNothingBefore) {
  const JitteredImages images(source, std::make_shared<HalfOfTheLast>(), 0, Purpose::test_luminosity);
  for (std::uint32_t which = 0; which < 50; ++which) {
    KeyedRandom random(0, Purpose::test_luminosity, 2, which);
    EXPECT_EQ(images.value(which, 2), static_cast<Real>(random.uniform()) / 4);
  }
}

}  // namespace
}  // namespace chandelier

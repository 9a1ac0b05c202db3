// Every activity and error normalization, compared with its equation in double.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <string>

#include "plain_equations.hpp"
#include "plain_error_norms.hpp"
#include "training/registry.hpp"

namespace chandelier {
namespace {

using plain::by_sample;
using plain::each_sample;
using plain::MatrixD;
using plain::Units;

constexpr Index kCapacity = 9;

MatrixView all_of(Matrix& m) { return {m.data(), m.rows(), m.cols()}; }

Matrix random_units(Index n, Index B, std::mt19937& random, double low = -2, double high = 3) {
  return plain::random_matrix(n, B, random, low, high).cast<Real>();
}

/// Errors like those of a layer: small, many of them 0, and for some samples all 0.
Matrix random_errors(Index n, Index B, std::mt19937& random) {
  Matrix g = random_units(n, B, random, -0.01, 0.02);
  for (Index i = 0; i < g.size(); i += 5) g.data()[i] = 0;
  if (B > 1) g.col(0).setZero();
  return g;
}

struct ErrorRule {
  std::unique_ptr<ActivityNormalization> activity;
  std::unique_ptr<ErrorNormalization> error;
};

ErrorRule rule(std::string_view name, std::string_view part, Index n, std::uint64_t seed = 3, std::uint32_t layer = 1,
               std::string_view activity_name = "layer") {
  ErrorRule made;
  made.activity = make_activity_norm(activity_name, n, kCapacity);
  made.error = make_error_norm({.error_norm = std::string(name), .error_part = std::string(part), .seed = seed},
                               {.n = n, .capacity = kCapacity, .layer = layer, .activity_norm = made.activity.get()});
  return made;
}

Matrix apply(ErrorNormalization& error, const Matrix& z, const Matrix& g) {
  Matrix normalized = Matrix::Constant(g.rows(), g.cols(), 77);
  error.apply(view(z), view(g), all_of(normalized));
  return normalized;
}

/// Sets the weights of a rule as if it had learned, and returns all its weights.
plain::RuleWeights with_learned_weights(ErrorNormalization& error, std::mt19937& random) {
  for (Parameter& parameter : error.parameters())
    if (!parameter.is_fixed())
      parameter.change([&](MatrixView w) { w = random_units(w.rows(), w.cols(), random, -0.5, 1.5); });
  return plain::weights_of_rule(error);
}

Units lateral_weights(ErrorNormalization& error) {
  return error.has("lateral") ? error.parameter("lateral").vector().cast<double>().array().eval() : Units();
}

TEST(ActivityNormalization, IsItsEquation) {
  std::mt19937 random(1);
  for (const std::string_view name : activity_norm_names())
    for (const Index n : {4, 5, 33, 100}) {
      const auto norm = make_activity_norm(name, n, kCapacity);
      for (const Index B : {kCapacity, Index(1), Index(4)}) {  // partial batches come after full ones
        const Matrix z = random_units(n, B, random);
        const Matrix y = norm->forward(view(z));
        const MatrixD expected =
            each_sample(by_sample(view(z)), [&](const Units& u) { return plain::activity_norm(std::string(name), u); });
        plain::expect_close(by_sample(view(y)), expected, fmt::format("{} n {} B {}", name, n, B));
      }
    }
}

TEST(ActivityNormalization, OwnErrorIsItsJacobian) {
  std::mt19937 random(2);
  for (const std::string_view name : activity_norm_names())
    for (const Index n : {5, 8, 33}) {  // with few units, layer normalization leaves little of an error but rounding
      ErrorRule own = rule("own", "whole", n, 0, 0, name);
      for (const Index B : {kCapacity, Index(1), Index(4)}) {
        const Matrix z = random_units(n, B, random, 0.5, 3), g = random_errors(n, B, random);
        const Matrix y = own.activity->forward(view(z));
        const Matrix error = apply(*own.error, y, g);
        const MatrixD expected = each_sample(
            by_sample(view(g)), by_sample(view(z)),
            [&](const Units& of, const Units& at) { return plain::through_jacobian(std::string(name), of, at); });
        plain::expect_close(by_sample(view(error)), expected, fmt::format("own of {} n {} B {}", name, n, B));
      }
    }
}

TEST(ActivityNormalization, LayerGivesMeanZeroAndVarianceOne) {
  EXPECT_TRUE(rc::check("moments after layer normalization", [](unsigned seed) {
    std::mt19937 random(seed);
    const Index n = *rc::gen::inRange(2, 200);
    const double middle = *rc::gen::inRange(-50, 51), spread = std::pow(10.0, *rc::gen::inRange(-4, 3));
    const Matrix z = random_units(n, 3, random, middle - spread, middle + spread);
    const Matrix y = make_activity_norm("layer", n, 3)->forward(view(z));
    const MatrixD before = by_sample(view(z)), after = by_sample(view(y));
    for (Index b = 0; b < 3; ++b) {
      const double variance = plain::variance(before.row(b));
      // A sum of n floats has an error of up to n roundings of its largest term. It is then divided by sd.
      const double rounding = 6e-8 * static_cast<double>(n) * (std::abs(middle) + spread) / plain::sd(before.row(b));
      RC_ASSERT(std::abs(plain::mean(after.row(b))) < 1e-6 + rounding);
      RC_ASSERT(std::abs(plain::variance(after.row(b)) - variance / (variance + plain::kTau)) < 1e-4 + 2 * rounding);
    }
  }));
}

TEST(ErrorNormalization, HasOneEntryAmongThePlainOnes) {
  std::multiset<std::string_view> registered(error_norm_names().begin(), error_norm_names().end()), plain{"own"};
  for (const plain::ErrorNorm& equation : plain::error_norms()) plain.insert(equation.name);
  EXPECT_EQ(plain, registered);
}

TEST(ErrorNormalization, IsItsEquation) {
  std::mt19937 random(3);
  for (const std::string_view name : error_norm_names()) {
    if (name == "own") continue;  // ActivityNormalization.OwnErrorIsItsJacobian
    const plain::ErrorNorm& equation = plain::error_norm(name);
    for (const std::string_view part : error_part_names())
      for (const Index n : {5, 8, 33, 100}) {  // with few units, `jacobian` leaves little of an error but rounding
        ErrorRule made = rule(name, part, n);
        const plain::RuleWeights w = with_learned_weights(*made.error, random);
        for (const Index B : {kCapacity, Index(1), Index(4)}) {
          const Matrix z = random_units(n, B, random), g = random_errors(n, B, random);
          const MatrixD expected =
              each_sample(by_sample(view(g)), by_sample(view(z)), [&](const Units& of, const Units& at) {
                return plain::error_part(std::string(part), of, equation.of(of, at, w));
              });
          plain::expect_close(by_sample(view(apply(*made.error, z, g))), expected,
                              fmt::format("{} {} n {} B {}", name, part, n, B));
        }
      }
  }
}

TEST(ErrorNormalization, HasItsProperties) {
  std::mt19937 random(8);
  for (const std::string_view name : error_norm_names()) {
    if (name == "own") continue;
    SCOPED_TRACE(name);
    for (const Index n : {5, 8, 33, 100}) {
      ErrorRule made = rule(name, "whole", n);
      const plain::RuleWeights w = with_learned_weights(*made.error, random);
      const Matrix z = make_activity_norm("layer", n, kCapacity)->forward(view(random_units(n, kCapacity, random)));
      const Matrix g = random_errors(n, kCapacity, random);
      const Matrix N = apply(*made.error, z, g);
      const auto sample = [](const Matrix& of, Index b) -> Units { return of.col(b).cast<double>().array(); };
      for (Index b = 0; b < kCapacity; ++b)
        plain::error_norm(name).properties(sample(N, b), sample(g, b), sample(z, b), w);
    }
  }
}

/// sum_j g_j df_j/dz_i by central differences
Units difference_quotients(Units (*f)(const Units&), const Units& g, const Units& z) {
  constexpr double h = 1e-5;
  Units through(z.size());
  for (Index i = 0; i < z.size(); ++i) {
    Units above = z, below = z;
    above[i] += h;
    below[i] -= h;
    through[i] = (g * (f(above) - f(below))).sum() / (2 * h);
  }
  return through;
}

TEST(ErrorNormalization, IsTheDerivativeThatItSaysItIs) {
  std::mt19937 random(9);
  for (const std::string_view name : error_norm_names()) {
    if (name == "own" || plain::error_norm(name).derivative_of == nullptr) continue;
    for (const Index n : {5, 8, 33}) {
      ErrorRule made = rule(name, "whole", n);
      const Matrix z = random_units(n, kCapacity, random), g = random_errors(n, kCapacity, random);
      const MatrixD expected =
          each_sample(by_sample(view(g)), by_sample(view(z)), [&](const Units& of, const Units& at) {
            return difference_quotients(plain::error_norm(name).derivative_of, of, at);
          });
      plain::expect_close(by_sample(view(apply(*made.error, z, g))), expected, fmt::format("{} n {}", name, n));
    }
  }
}

TEST(ErrorNormalization, DirectionKeepsTheSizeAndMagnitudeTheDirection) {
  EXPECT_TRUE(rc::check("norms", [](unsigned seed) {
    std::mt19937 random(seed);
    const auto names = error_norm_names();
    const std::string_view name = names[*rc::gen::inRange<std::size_t>(0, names.size())];
    const Index n = *rc::gen::inRange(3, 60);
    const Matrix z = random_units(n, 4, random), g = random_errors(n, 4, random);
    const auto of = [&](std::string_view part) {
      ErrorRule made = rule(name, part, n);
      made.activity->forward(view(z));
      return MatrixD(by_sample(view(apply(*made.error, z, g))));
    };
    const MatrixD whole = of("whole"), direction = of("direction"), magnitude = of("magnitude"),
                  before = by_sample(view(g));
    for (Index b = 0; b < 4; ++b) {
      const double size = before.row(b).norm(), normalized = whole.row(b).norm();
      if (normalized <= 1e-3 * size) continue;  // what is left is mostly rounding
      RC_ASSERT(std::abs(direction.row(b).norm() / size - 1) < 1e-5);
      RC_ASSERT(std::abs(plain::cosine(direction.row(b), whole.row(b)) - 1) < 1e-6);
      RC_ASSERT(std::abs(magnitude.row(b).norm() / normalized - 1) < 1e-5);
      RC_ASSERT(std::abs(plain::cosine(magnitude.row(b), before.row(b)) - 1) < 1e-6);
    }
  }));
}

TEST(ErrorNormalization, PartsAreZeroWhereANormIsZero) {
  const Matrix z = Matrix::Constant(4, 2, 1);
  Matrix g(4, 2);  // no error; an error that centring removes completely
  g << 0, 2, 0, 2, 0, 2, 0, 2;
  for (const std::string_view part : {"direction", "magnitude"}) {
    const Matrix normalized = apply(*rule("center", part, 4).error, z, g);
    EXPECT_TRUE((normalized.array() == 0).all()) << part;
  }
}

TEST(ErrorNormalization, OwnOfLayerIsTheJacobianRule) {
  std::mt19937 random(4);
  const Matrix z = random_units(30, 6, random), g = random_errors(30, 6, random);
  ErrorRule own = rule("own", "whole", 30, 0, 0, "layer");
  const Matrix y = own.activity->forward(view(z));
  // `jacobian` normally gets the normalized activity at which g is the error. With the drive itself, it equals `own`.
  plain::expect_close(by_sample(view(apply(*rule("jacobian", "whole", 30).error, z, g))),
                      by_sample(view(apply(*own.error, y, g))), "jacobian");
}

TEST(ErrorNormalization, FullIsTheJacobianWhereActivityIsNormalized) {
  std::mt19937 random(5);
  Matrix z = random_units(30, 6, random);
  z = Matrix(make_activity_norm("layer", 30, 6)->forward(view(z)));
  const Matrix g = random_errors(30, 6, random);
  plain::expect_close(by_sample(view(apply(*rule("full", "whole", 30).error, z, g))),
                      by_sample(view(apply(*rule("jacobian", "whole", 30).error, z, g))), "full", 1e-4);
}

TEST(ErrorNormalization, LateralWeightsAreASharedMean) {
  for (const Index n : {2, 10, 500}) {
    const Units a = lateral_weights(*rule("lateral", "whole", n).error);
    EXPECT_NEAR(a.sum(), 1, 1e-6);
    EXPECT_GT(a.minCoeff(), 0);
  }
  // uniform draws: the largest is nearly twice the mean, and a tenth of them are below a tenth of the largest
  const Units many = lateral_weights(*rule("lateral", "whole", 2000).error) * 2000;
  EXPECT_NEAR(many.maxCoeff(), 2, 0.1);
  EXPECT_NEAR((many < 0.2).cast<double>().mean(), 0.1, 0.03);
  EXPECT_NEAR(plain::variance(many), 1.0 / 3, 0.03);
}

TEST(ErrorNormalization, LateralWeightsBelongToSeedAndLayer) {
  const auto of = [](std::uint64_t seed, std::uint32_t layer, std::string_view part) {
    return lateral_weights(*rule("lateral", part, 20, seed, layer).error).matrix().eval();
  };
  EXPECT_EQ(of(3, 1, "whole"), of(3, 1, "whole"));
  EXPECT_EQ(of(3, 1, "whole"), of(3, 1, "direction"));
  EXPECT_GT((of(3, 1, "whole") - of(4, 1, "whole")).norm(), 1e-3);
  EXPECT_GT((of(3, 1, "whole") - of(3, 0, "whole")).norm(), 1e-3);
}

TEST(ErrorNormalization, LateralWeightsDoNotChangeWithUse) {
  std::mt19937 random(6);
  ErrorRule made = rule("lateral", "whole", 20);
  const Units before = lateral_weights(*made.error);
  apply(*made.error, random_units(20, 5, random), random_errors(20, 5, random));
  EXPECT_TRUE((lateral_weights(*made.error) == before).all());
}

TEST(ErrorNormalization, OneSampleDoesNotTouchAnother) {
  std::mt19937 random(7);
  const Matrix z = random_units(12, 5, random), g = random_errors(12, 5, random);
  Matrix other_z = z, other_g = g;
  other_z.col(2) *= 3;
  other_g.col(2).setConstant(100);
  for (const std::string_view name : error_norm_names()) {
    ErrorRule made = rule(name, "whole", 12), again = rule(name, "whole", 12);
    std::mt19937 weights(8), same_weights(8);
    with_learned_weights(*made.error, weights);
    with_learned_weights(*again.error, same_weights);
    made.activity->forward(view(z));
    again.activity->forward(view(other_z));
    const Matrix one = apply(*made.error, z, g), two = apply(*again.error, other_z, other_g);
    for (const Index b : {0, 1, 3, 4}) EXPECT_EQ(one.col(b), two.col(b)) << name;
  }
}

}  // namespace
}  // namespace chandelier

#include "plain_error_norms.hpp"

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <array>

namespace chandelier::plain {
namespace {

Units identity(const Units& z) { return z; }
Units centred(const Units& z) { return z - mean(z); }

/// Expects that N has no part along a direction, up to the rounding of an error of the size of g.
void expect_nothing_along(const Units& direction, const Units& N, const Units& g) {
  EXPECT_NEAR((N * direction).sum(), 0, 5e-5 * direction.matrix().norm() * g.matrix().norm());
}

/// Expects that what was removed from an error of the size of g is in the span of the columns of `directions`.
void expect_only_along(const MatrixD& directions, const Units& taken, const Units& g) {
  const Eigen::VectorXd along = directions.colPivHouseholderQr().solve(taken.matrix());
  EXPECT_NEAR((directions * along - taken.matrix()).norm(), 0, 1e-5 * g.matrix().norm());
}

/// a_j of `lateral`
Units weighting(const RuleWeights& w) { return w.at("lateral").col(0).array(); }

/// g - r Ve^T, r = g Ue^T
Units dendritic(const Units& g, const RuleWeights& w) { return g - (w.at("Ve") * (w.at("Ue") * g.matrix())).array(); }

/// v o h, h = max(0, z)
Units burst_inhibition(const Units& z, const RuleWeights& w) { return w.at("burst").col(0).array() * z.max(0); }

const std::array kErrorNorms{
    ErrorNorm{
        .name = "none",
        .of = [](const Units& g, const Units&, const RuleWeights&) -> Units { return g; },
        .properties = [](const Units& N, const Units& g, const Units&,
                         const RuleWeights&) { EXPECT_NEAR((N - g).matrix().norm(), 0, 1e-6 * g.matrix().norm()); },
        .derivative_of = identity},
    ErrorNorm{.name = "center",
              .of = [](const Units& g, const Units&, const RuleWeights&) -> Units { return g - mean(g); },
              .properties = [](const Units& N, const Units& g, const Units& z,
                               const RuleWeights&) { expect_nothing_along(Units::Ones(z.size()), N, g); },
              .derivative_of = centred},
    ErrorNorm{.name = "scale",
              .of = [](const Units& g, const Units& z, const RuleWeights&) -> Units { return g / sd(z); },
              .properties =
                  [](const Units& N, const Units& g, const Units&, const RuleWeights&) {  // the direction stays
                    const double of_N = N.matrix().norm(), of_g = g.matrix().norm();
                    EXPECT_NEAR((N * of_g - g * of_N).matrix().norm(), 0, 1e-6 * of_N * of_g);
                  }},
    ErrorNorm{.name = "decorrelate",
              .of = [](const Units& g, const Units& z, const RuleWeights&) -> Units { return g - z * mean(g * z); },
              .properties = [](const Units& N, const Units& g, const Units& z,
                               const RuleWeights&) { expect_nothing_along(z, N, g); }},
    ErrorNorm{.name = "full",
              .of = [](const Units& g, const Units& z, const RuleWeights&) -> Units {
                return (g - mean(g) - z * mean(g * z)) / sd(z);
              },
              .properties =
                  [](const Units& N, const Units& g, const Units& z, const RuleWeights&) {
                    expect_nothing_along(Units::Ones(z.size()), N, g);
                    expect_nothing_along(z, N, g);
                  }},
    ErrorNorm{.name = "jacobian",
              .of = [](const Units& g, const Units& z, const RuleWeights&) -> Units {
                const Units y = layer_norm(z);
                return (g - mean(g) - y * mean(g * y)) / sd(z);
              },
              .properties =
                  [](const Units& N, const Units& g, const Units& z, const RuleWeights&) {
                    expect_nothing_along(Units::Ones(z.size()), N, g);
                    expect_nothing_along(layer_norm(z), N, g);
                  },
              .derivative_of = layer_norm},
    ErrorNorm{
        .name = "lateral",
        .of = [](const Units& g, const Units&, const RuleWeights& w) -> Units { return g - (weighting(w) * g).sum(); },
        .properties = [](const Units& N, const Units& g, const Units&,
                         const RuleWeights& w) { expect_nothing_along(weighting(w), N, g); }},
    ErrorNorm{.name = "center-scale",
              .of = [](const Units& g, const Units& z, const RuleWeights&) -> Units { return (g - mean(g)) / sd(z); },
              .properties = [](const Units& N, const Units& g, const Units& z,
                               const RuleWeights&) { expect_nothing_along(Units::Ones(z.size()), N, g); }},
    ErrorNorm{
        .name = "decorrelate-scale",
        .of = [](const Units& g, const Units& z, const RuleWeights&) -> Units { return (g - z * mean(g * z)) / sd(z); },
        .properties = [](const Units& N, const Units& g, const Units& z,
                         const RuleWeights&) { expect_nothing_along(z, N, g); }},
    ErrorNorm{
        .name = "center-decorrelate",
        .of = [](const Units& g, const Units& z, const RuleWeights&) -> Units { return g - mean(g) - z * mean(g * z); },
        .properties =
            [](const Units& N, const Units& g, const Units& z, const RuleWeights&) {
              expect_nothing_along(Units::Ones(z.size()), N, g);
              expect_nothing_along(z, N, g);
            }},
    ErrorNorm{.name = "dendritic",
              .of = [](const Units& g, const Units&, const RuleWeights& w) -> Units { return dendritic(g, w); },
              .properties = [](const Units& N, const Units& g, const Units&,
                               const RuleWeights& w) { expect_only_along(w.at("Ve"), g - N, g); }},
    ErrorNorm{.name = "dendritic-burst",
              .of = [](const Units& g, const Units& z, const RuleWeights& w) -> Units {
                return dendritic(g, w) - burst_inhibition(z, w) * mean(z.max(0) * g);
              },
              .properties =
                  [](const Units& N, const Units& g, const Units& z, const RuleWeights& w) {
                    MatrixD inhibited(g.size(), w.at("Ve").cols() + 1);
                    inhibited << w.at("Ve"), burst_inhibition(z, w).matrix();
                    expect_only_along(inhibited, g - N, g);
                  }},
};

}  // namespace

RuleWeights weights_of_rule(const Learnable& rule) {
  RuleWeights weights;
  for (const Parameter& parameter : rule.parameters()) weights[parameter.name()] = parameter.value().cast<double>();
  return weights;
}

std::span<const ErrorNorm> error_norms() { return kErrorNorms; }

const ErrorNorm& error_norm(std::string_view name) {
  for (const ErrorNorm& rule : kErrorNorms)
    if (rule.name == name) return rule;
  ADD_FAILURE() << "the error normalization " << name << " has no entry in tests/support/plain_error_norms.cpp";
  return kErrorNorms.front();
}

}  // namespace chandelier::plain

// Reference implementation of the error normalizations, in double and for one sample, and properties they must have.
// There is one entry per rule. The tests go through the registry and look up entries here, so a new rule needs only
// an entry.

#pragma once

#include <gtest/gtest.h>

#include <array>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "parameters/learnable.hpp"
#include "plain_sample.hpp"

namespace chandelier::plain {

/// The weights that a rule owns, by name, as stored.
using RuleWeights = std::map<std::string, MatrixD, std::less<>>;

inline RuleWeights weights_of_rule(const Learnable& rule) {
  RuleWeights weights;
  for (const Parameter& parameter : rule.parameters()) weights[parameter.name()] = parameter.value().cast<double>();
  return weights;
}

struct ErrorNorm {
  std::string_view name;

  /// N(g). All are [n]: g, the error; z, the activity it belongs to; w, the rule's own weights.
  Units (*of)(const Units& g, const Units& z, const RuleWeights& w);

  /// Expects the purpose of the rule from N = N(g), for any g; z has mean 0 and variance 1, like a normalized layer.
  void (*properties)(const Units& N, const Units& g, const Units& z, const RuleWeights& w);

  /// The function of z whose Jacobian the rule is: N(g)_i = sum_j g_j df_j/dz_i. Null if the rule is not a Jacobian.
  Units (*derivative_of)(const Units& z) = nullptr;
};

inline Units identity(const Units& z) { return z; }
inline Units centred(const Units& z) { return z - mean(z); }

/// Expects that N has no part along a direction, up to the rounding of an error of the size of g.
inline void expect_nothing_along(const Units& direction, const Units& N, const Units& g) {
  EXPECT_NEAR((N * direction).sum(), 0, 5e-5 * direction.matrix().norm() * g.matrix().norm());
}

/// Expects that what was removed from an error of the size of g is in the span of the columns of `directions`.
inline void expect_only_along(const MatrixD& directions, const Units& taken, const Units& g) {
  const Eigen::VectorXd along = directions.colPivHouseholderQr().solve(taken.matrix());
  EXPECT_NEAR((directions * along - taken.matrix()).norm(), 0, 1e-5 * g.matrix().norm());
}

/// a_j of `lateral`
inline Units weighting(const RuleWeights& w) { return w.at("lateral").col(0).array(); }

/// g - r Ve^T, r = g Ue^T
inline Units dendritic(const Units& g, const RuleWeights& w) {
  return g - (w.at("Ve") * (w.at("Ue") * g.matrix())).array();
}

/// v o h, h = max(0, z)
inline Units burst_inhibition(const Units& z, const RuleWeights& w) { return w.at("burst").col(0).array() * z.max(0); }

inline const std::array error_norms{
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

/// The entry of a rule. A rule without an entry fails the test.
inline const ErrorNorm& error_norm(std::string_view name) {
  for (const ErrorNorm& rule : error_norms)
    if (rule.name == name) return rule;
  ADD_FAILURE() << "the error normalization " << name << " has no entry in tests/support/plain_error_norms.hpp";
  return error_norms.front();
}

}  // namespace chandelier::plain

// The error normalizations once more: in double, for one sample, as they are written in the field, and what is true of
// them. One entry a rule. The tests go through the registry and look here, so that an entry is all that a new rule
// needs.

#pragma once

#include <gtest/gtest.h>

#include <array>
#include <string_view>

#include "plain_sample.hpp"

namespace chandelier::plain {

struct ErrorNorm {
  std::string_view name;

  /// N(g). All [n]: g, the error; z, the activity that it belongs to; a, the weights of `lateral`.
  Units (*of)(const Units& g, const Units& z, const Units& a);

  /// Expects what the rule is for, of N = N(g), whatever g is; z has mean 0 and variance 1, as a normalized layer has.
  void (*properties)(const Units& N, const Units& g, const Units& z, const Units& a);

  /// The function of z whose Jacobian the rule is: N(g)_i = sum_j g_j df_j/dz_i. Null for a rule that is none.
  Units (*derivative_of)(const Units& z) = nullptr;
};

inline Units identity(const Units& z) { return z; }
inline Units centred(const Units& z) { return z - mean(z); }

/// N has no part along a direction, but for the rounding of an error of the size of g.
inline void expect_nothing_along(const Units& direction, const Units& N, const Units& g) {
  EXPECT_NEAR((N * direction).sum(), 0, 5e-5 * direction.matrix().norm() * g.matrix().norm());
}

inline const std::array error_norms{
    ErrorNorm{.name = "none",
              .of = [](const Units& g, const Units&, const Units&) -> Units { return g; },
              .properties = [](const Units& N, const Units& g, const Units&,
                               const Units&) { EXPECT_NEAR((N - g).matrix().norm(), 0, 1e-6 * g.matrix().norm()); },
              .derivative_of = identity},
    ErrorNorm{.name = "center",
              .of = [](const Units& g, const Units&, const Units&) -> Units { return g - mean(g); },
              .properties = [](const Units& N, const Units& g, const Units& z,
                               const Units&) { expect_nothing_along(Units::Ones(z.size()), N, g); },
              .derivative_of = centred},
    ErrorNorm{.name = "scale",
              .of = [](const Units& g, const Units& z, const Units&) -> Units { return g / sd(z); },
              .properties =
                  [](const Units& N, const Units& g, const Units&, const Units&) {  // the direction stays
                    const double of_N = N.matrix().norm(), of_g = g.matrix().norm();
                    EXPECT_NEAR((N * of_g - g * of_N).matrix().norm(), 0, 1e-6 * of_N * of_g);
                  }},
    ErrorNorm{.name = "decorrelate",
              .of = [](const Units& g, const Units& z, const Units&) -> Units { return g - z * mean(g * z); },
              .properties = [](const Units& N, const Units& g, const Units& z,
                               const Units&) { expect_nothing_along(z, N, g); }},
    ErrorNorm{.name = "full",
              .of = [](const Units& g, const Units& z, const Units&) -> Units {
                return (g - mean(g) - z * mean(g * z)) / sd(z);
              },
              .properties =
                  [](const Units& N, const Units& g, const Units& z, const Units&) {
                    expect_nothing_along(Units::Ones(z.size()), N, g);
                    expect_nothing_along(z, N, g);
                  }},
    ErrorNorm{.name = "jacobian",
              .of = [](const Units& g, const Units& z, const Units&) -> Units {
                const Units y = layer_norm(z);
                return (g - mean(g) - y * mean(g * y)) / sd(z);
              },
              .properties =
                  [](const Units& N, const Units& g, const Units& z, const Units&) {
                    expect_nothing_along(Units::Ones(z.size()), N, g);
                    expect_nothing_along(layer_norm(z), N, g);
                  },
              .derivative_of = layer_norm},
    ErrorNorm{.name = "lateral",
              .of = [](const Units& g, const Units&, const Units& a) -> Units { return g - (a * g).sum(); },
              .properties = [](const Units& N, const Units& g, const Units&,
                               const Units& a) { expect_nothing_along(a, N, g); }},
};

/// The entry of a rule; a rule without one fails the test.
inline const ErrorNorm& error_norm(std::string_view name) {
  for (const ErrorNorm& rule : error_norms)
    if (rule.name == name) return rule;
  ADD_FAILURE() << "the error normalization " << name << " has no entry in tests/support/plain_error_norms.hpp";
  return error_norms.front();
}

}  // namespace chandelier::plain

// Reference implementation of the error normalizations, in double and for one sample, and properties they must have.
// There is one entry per rule. The tests go through the registry and look up entries here, so a new rule needs only
// an entry.

#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "parameters/learnable.hpp"
#include "plain_sample.hpp"

namespace chandelier::plain {

/// The weights that a rule owns, by name, as stored.
using RuleWeights = std::map<std::string, MatrixD, std::less<>>;

RuleWeights weights_of_rule(const Learnable& rule);

struct ErrorNorm {
  std::string_view name;

  /// N(g). All are [n]: g, the error; z, the activity it belongs to; w, the rule's own weights.
  Units (*of)(const Units& g, const Units& z, const RuleWeights& w);

  /// Expects the purpose of the rule from N = N(g), for any g; z has mean 0 and variance 1, like a normalized layer.
  void (*properties)(const Units& N, const Units& g, const Units& z, const RuleWeights& w);

  /// The function of z whose Jacobian the rule is: N(g)_i = sum_j g_j df_j/dz_i. Null if the rule is not a Jacobian.
  Units (*derivative_of)(const Units& z) = nullptr;
};

/// The entries of all rules.
std::span<const ErrorNorm> error_norms();

/// The entry of a rule. A rule without an entry fails the test.
const ErrorNorm& error_norm(std::string_view name);

}  // namespace chandelier::plain

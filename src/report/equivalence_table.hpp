// Whether differences are too small to matter: two one-sided tests, corrected within a family.

#pragma once

#include <cmath>
#include <span>
#include <string>
#include <vector>

#include "report/comparison_tables.hpp"
#include "statistics/comparison.hpp"

namespace chandelier {

/// Equivalence test (two one-sided tests) of one row of a comparison.
struct WithinMargin {
  PairedDifference difference;  ///< with the 90 % interval, not corrected for the family
  double p = NAN, p_holm = NAN;
  bool shown = false;  ///< the difference lies within the margin, at a family-wise level of 5 %
};

/// Equivalence tests for all `comparisons`. Holm's families are: over all epsilons, and at one.
/// @param points  the margin, in percentage points, above 0
std::vector<WithinMargin> within_margin(std::span<const Comparison> rows, double points);

/// The tests of `rows` as a table.
std::string equivalence_table(std::span<const Comparison> rows, std::span<const WithinMargin> equal,
                              const RowLabel& label);

}  // namespace chandelier

#include "report/equivalence_table.hpp"

#include <algorithm>

#include "report/claims.hpp"
#include "report/plain_text.hpp"
#include "statistics/equivalence.hpp"
#include "statistics/holm.hpp"

namespace chandelier {
namespace {

/// @param rows  a family
std::vector<WithinMargin> of_family(std::span<const Comparison> rows, double points) {
  std::vector<WithinMargin> all;
  std::vector<double> p;
  for (const Comparison& row : rows) {
    const Equivalence test = equivalence(row.of_first, row.of_second, points, kClaimLevel);
    all.push_back({test.difference, test.p, NAN, false});
    p.push_back(test.p);
  }
  const std::vector<double> adjusted = holm_adjusted(p);
  for (std::size_t i = 0; i < all.size(); ++i) {
    all[i].p_holm = adjusted[i];
    all[i].shown = adjusted[i] < kClaimLevel;
  }
  return all;
}

}  // namespace

std::vector<WithinMargin> within_margin(std::span<const Comparison> rows, double points) {
  // The rows over all epsilons come first.
  const auto over_all =
      static_cast<std::size_t>(std::ranges::count_if(rows, [](const Comparison& row) { return !row.epsilon; }));
  std::vector<WithinMargin> all = of_family(rows.first(over_all), points);
  for (const WithinMargin& each : of_family(rows.subspan(over_all), points)) all.push_back(each);
  return all;
}

std::string equivalence_table(std::span<const Comparison> rows, std::span<const WithinMargin> equal,
                              const RowLabel& label) {
  std::vector<std::vector<std::string>> cells{
      {label.heading, "mean", "90 % interval", "p", "p Holm", "within the margin"}};
  for (std::size_t i = 0; i < rows.size(); ++i)
    cells.push_back({label.of(rows[i]), signed_number(equal[i].difference.mean),
                     signed_interval(equal[i].difference.low, equal[i].difference.high), probability(equal[i].p),
                     probability(equal[i].p_holm), equal[i].shown ? "shown" : "not shown"});
  return aligned(cells);
}

}  // namespace chandelier
